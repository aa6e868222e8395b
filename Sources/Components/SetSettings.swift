import Diagnostics
import OCI

/// The effective settings of a run; each knows where it comes from.
package struct SetSettings: Sendable {
  /// Prefix of every image name without a slash at its end; nil when images stay on this machine.
  package var destination: Setting<String?>
  /// What to build; nil means every component.
  package var components: Setting<[ComponentSelection]?>
  /// Normalised and without repetition, in the order given.
  package var platforms: Setting<[Platform]>
  /// Whether results are published.
  package var push: Setting<Bool>
  package var jobs: Setting<Jobs>
  /// nil when the release or the set's history decides.
  package var tag: Setting<Tag?>
  /// The release payload image; nil when there is none.
  package var release: Setting<Reference?>
  /// Stages that become images in place of the last ones.
  package var targets: Setting<[StageSelection]>
  /// Files that may be for another architecture than their image.
  package var foreignFiles: Setting<[ForeignFiles]>

  /// How many cells may run at once.
  package enum Jobs: Hashable, Sendable {
    /// As many as the machine bears.
    case automatic
    /// Exactly this many, at least one.
    case count(Int)
  }

  /// The prefix for image names: the destination, or `localhost` without one.
  package var imagePrefix: String { destination.value ?? "localhost" }

  /// The architectures of a set that names none.
  package static let defaultPlatforms = ["amd64", "arm64", "arm", "ppc64le", "riscv64"].map {
    Platform(architecture: $0).normalised
  }

  /// Merges what was given: a flag beats the environment, which beats the file, which beats the default.
  ///
  /// An empty environment variable counts as not set, as in `${PUSH:-no}`. Every mistake is reported, also in values
  /// that no other value hides; where a value is wrong, the default stands in so that later checks can go on.
  ///
  /// - Parameter flags: what was typed, repeated flags as lists.
  /// - Parameter file: name of the configuration file and its values, nil when there is none.
  package init(
    flags: [SettingKey: SettingValue], environment: [String: String],
    file: (name: String, values: [String: SettingValue])? = nil, diagnostics: inout [Diagnostic]
  ) {
    var reader = SettingReader(flags: flags, environment: environment, file: file)
    destination = reader.read(.destination, default: nil) { try SettingReader.destination($0.text) }
    components = reader.read(.components, default: nil) { value in
      let selections = try value.words.map(ComponentSelection.init(parsing:))
      return selections.isEmpty ? nil : selections
    }
    platforms = reader.read(.architectures, default: Self.defaultPlatforms) { try SettingReader.platforms($0) }
    push = reader.read(.push, default: false) { try SettingReader.boolean($0.text) }
    jobs = reader.read(.jobs, default: .automatic) { try SettingReader.jobs($0.text) }
    tag = reader.read(.tag, default: nil) { value in
      guard let tag = Tag(value.text) else {
        throw SettingFault("`\(value.text)` is not a tag", why: "letters, digits, `_`, `.` and `-`, at most 128")
      }
      return tag
    }
    release = reader.read(.release, default: nil) { value in
      do throws(ReferenceError) { return try Reference(parsing: value.text) } catch {
        throw SettingFault(error.description)
      }
    }
    targets = reader.read(.targets, default: []) { try $0.words.map(StageSelection.init(parsing:)) }
    foreignFiles = reader.read(.foreignFiles, default: []) { try $0.words.map(ForeignFiles.init(parsing:)) }
    reader.checkFileKeys()
    reader.hintAtSingular()
    diagnostics += reader.diagnostics
  }
}
