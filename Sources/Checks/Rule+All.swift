extension Rule {
  /// The rules that come with imgset, BuildKit's first, in the order of its reference.
  package static let all: [Rule] = buildKit + multiArchitecture

  /// <https://docs.docker.com/reference/build-checks/>
  private static let buildKit: [Rule] = [
    stageNameCasing, fromAsCasing, noEmptyContinuation, consistentInstructionCasing, duplicateStageName,
    reservedStageName, jsonArgsRecommended, maintainerDeprecated, undefinedArgInFrom, workdirRelativePath, undefinedVar,
    multipleInstructionsDisallowed, legacyKeyValueFormat, redundantTargetPlatform, secretsUsedInArgOrEnv,
    invalidDefaultArgInFrom, fromPlatformFlagConstDisallowed, copyIgnoredFile, invalidDefinitionDescription,
    exposeProtoCasing, exposeInvalidFormat,
  ]

  /// imgset's own, mostly about what goes wrong when one file is built for several architectures.
  private static let multiArchitecture: [Rule] = [
    hardCodedArchitecture, goArchitectureConstant, undeclaredPlatformArg, binaryMissingForPlatform, copySourceNotFound,
    baseImageLacksPlatform, misspelledStage, invalidCheckDirective,
  ]
}
