/// Rules whose findings come from reading the file, since a build reports them too.
extension Rule {
  /// <https://docs.docker.com/reference/build-checks/no-empty-continuation/>
  static let noEmptyContinuation = Rule(
    "NoEmptyContinuation", "no blank lines between the lines of one instruction"
  ) { _, _ in }

  /// <https://docs.docker.com/reference/build-checks/duplicate-stage-name/>
  static let duplicateStageName = Rule("DuplicateStageName", "every stage has a name of its own") { _, _ in }

  /// <https://docs.docker.com/reference/build-checks/maintainer-deprecated/>
  static let maintainerDeprecated = Rule(
    "MaintainerDeprecated", "the author is a label, MAINTAINER is not used"
  ) { _, _ in }
}
