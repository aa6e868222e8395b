import OCI

/// How a cell ended.
package struct CellResult: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case built
    /// An existing image was taken.
    case copied
    /// There was nothing to do.
    case upToDate
    case failed(CellFailure)
    /// Never started, since the named cell failed.
    case skipped(because: CellID)
    case cancelled
  }

  package let outcome: Outcome
  /// Digest of the image's manifest, nil without an image.
  package let digest: Digest?
  /// Size of the image's layers as stored, in bytes.
  package let size: Int64?
  /// By how much the size differs from that of the image's last build, in bytes.
  package let sizeChange: Int64?
  package let duration: Duration

  package init(
    _ outcome: Outcome, digest: Digest? = nil, size: Int64? = nil, sizeChange: Int64? = nil, duration: Duration = .zero
  ) {
    self.outcome = outcome
    self.digest = digest
    self.size = size
    self.sizeChange = sizeChange
    self.duration = duration
  }
}

/// What went wrong in a cell, in parts, so that each renderer shows what fits.
package struct CellFailure: Hashable, Sendable {
  /// One line of a file around the fault.
  package struct ExcerptLine: Hashable, Sendable {
    package let number: Int
    package let text: String
    package let isFault: Bool

    package init(number: Int, text: String, isFault: Bool = false) {
      self.number = number
      self.text = text
      self.isFault = isFault
    }
  }

  /// What happened, in one line: `exit status 2`.
  package let what: String
  /// File as the user knows it, and line; nil when no file is at fault.
  package let file: String?
  package let line: Int?
  package let excerpt: [ExcerptLine]
  package let why: [String]
  package let help: [String]
  /// Where it ran when not natively on this machine: `qemu`.
  package let location: String?

  package init(
    _ what: String, file: String? = nil, line: Int? = nil, excerpt: [ExcerptLine] = [], why: [String] = [],
    help: [String] = [], location: String? = nil
  ) {
    self.what = what
    self.file = file
    self.line = line
    self.excerpt = excerpt
    self.why = why
    self.help = help
    self.location = location
  }

  /// `components/cli/Dockerfile:12`.
  package var place: String? { file.map { $0 + (line.map { ":\($0)" } ?? "") } }
}

/// What a whole run came to.
package struct RunResult: Hashable, Sendable {
  /// One image of the run, for all its platforms.
  package struct Image: Hashable, Sendable {
    /// Name without tag, with the destination's prefix: `quay.io/microshift/cli`.
    package let name: String
    package let tag: String
    package let digest: Digest
    /// Size of the first platform's image, in bytes.
    package let size: Int64?
    package let sizeChange: Int64?
    package let platforms: Int

    package init(
      name: String, tag: String, digest: Digest, size: Int64? = nil, sizeChange: Int64? = nil, platforms: Int
    ) {
      self.name = name
      self.tag = tag
      self.digest = digest
      self.size = size
      self.sizeChange = sizeChange
      self.platforms = platforms
    }
  }

  /// Bytes of a publication.
  package struct Pushed: Hashable, Sendable {
    package let sent: Int64
    /// With what was there already.
    package let total: Int64

    package init(sent: Int64, total: Int64) {
      self.sent = sent
      self.total = total
    }
  }

  /// Images in the order of display; empty when no index was made.
  package let images: [Image]
  /// nil when nothing was to be published.
  package let pushed: Pushed?
  /// Why nothing was published though it was asked for: one line.
  package let notPublished: String?
  /// File with the whole log, nil when there is none.
  package let log: String?

  package init(images: [Image] = [], pushed: Pushed? = nil, notPublished: String? = nil, log: String? = nil) {
    self.images = images
    self.pushed = pushed
    self.notPublished = notPublished
    self.log = log
  }
}
