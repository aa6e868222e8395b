import CCodecs
import OCI

/// How a layer is stored.
package enum Compression: Hashable, Sendable {
  case none
  /// Levels 1 and 2 are fast (ISA-L), 3 to 9 small (zlib).
  case gzip(level: Int)
  /// Levels 1 to 19 as zstd(1) counts them.
  case zstd(level: Int)

  /// Fast, and readable by every registry and engine there is.
  package static let `default` = Compression.gzip(level: 1)

  /// What layers that are stored this way are called in a manifest.
  package var mediaType: MediaType {
    switch self {
    case .none: .layer
    case .gzip: .layerGzip
    case .zstd: .layerZstd
    }
  }

  /// Starts a compressor in front of `sink`. It has to be finished; dropping it instead leaves `sink` incomplete.
  ///
  /// - Parameter workers: threads that compress; the bytes do not depend on it.
  /// - Throws: ``LayerError/codecUnavailable(_:)`` for a level that does not exist.
  package func compressor(into sink: any ByteSink, workers: Int) throws -> any FinishingSink {
    switch self {
    case .none: PassThrough(sink)
    case .gzip(let level): try ParallelGzip(into: sink, level: level, workers: workers)
    case .zstd(let level): try ZstdWriter(into: sink, level: level, workers: workers)
    }
  }
}

extension Compression {
  /// A compressed format that can be read, whatever is written.
  package enum Format: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case gzip
    case zstd
    case xz
    case bzip2

    package var description: String { rawValue }

    /// The longest of the signatures, in bytes.
    package static let signatureLength = 6

    /// Recognises a format by the first bytes of the data, at least ``signatureLength`` where there are that many;
    /// nil for data that is not compressed in a known way.
    package init?(signature: some Sequence<UInt8>) {
      let start = Array(signature.prefix(Self.signatureLength))
      // A zstd stream may begin with a skippable frame, 0x184D2A50 to 0x184D2A5F.
      let skippable = start.count >= 4 && start[0] & 0xF0 == 0x50 && start[1...3].elementsEqual([0x2A, 0x4D, 0x18])
      if start.starts(with: [0x1F, 0x8B]) {
        self = .gzip
      } else if skippable || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
        self = .zstd
      } else if start.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
        self = .xz
      } else if start.count >= 4, start.starts(with: Array("BZh".utf8)), (0x31...0x39).contains(start[3]) {
        self = .bzip2
      } else {
        return nil
      }
    }

    var codec: codec_format {
      switch self {
      case .gzip: CODEC_FORMAT_GZIP
      case .zstd: CODEC_FORMAT_ZSTD
      case .xz: CODEC_FORMAT_XZ
      case .bzip2: CODEC_FORMAT_BZIP2
      }
    }
  }
}

extension MediaType {
  /// Whether a blob of this type is a layer whose content is a tar archive that can be read.
  ///
  /// The compression is recognised by the data itself, since registries hold layers whose type is wrong about it.
  package var isReadableLayer: Bool {
    switch self {
    case .layer, .layerGzip, .layerZstd, .dockerLayer, .dockerLayerGzip: true
    default: Self.otherLayers.contains(rawValue)
    }
  }

  /// Zstd under Docker's name, and the types for layers that were not to be distributed.
  private static let otherLayers: Set<String> = [
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
  ]
}

/// The compressor that does not compress.
private final class PassThrough: FinishingSink {
  private let next: any ByteSink

  init(_ next: any ByteSink) { self.next = next }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try next.write(bytes) }

  func finish() {}
}
