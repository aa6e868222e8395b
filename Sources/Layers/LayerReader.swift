import OCI

/// Reads a layer's blob: decompression, archive, and the proof that the content is the promised one.
///
/// The compression is recognised by the data. Call ``finish()`` after the last entry: only then it is certain that all that was
/// read is what the image's configuration promises, and nothing made from it may be kept before.
package final class LayerReader {
  /// The archive, with whiteouts as marks.
  package let tar: TarReader
  private let content: DigestingSource
  private let expected: Digest?

  /// - Parameters:
  ///   - blob: the bytes as stored; verifying their digest is up to the caller.
  ///   - diffID: what the image's configuration promises; nil when it is to be found out.
  /// - Throws: ``LayerError/unsupportedMediaType(_:)``, ``LayerError/codecUnavailable(_:)``.
  package init(
    _ blob: any ByteSource, mediaType: MediaType, diffID: Digest?, limits: ReadLimits = .default
  ) throws {
    guard mediaType.isReadableLayer else { throw LayerError.unsupportedMediaType(mediaType) }
    content = DigestingSource(try DecompressingSource(blob, limits: limits))
    tar = TarReader(content)
    expected = diffID
  }

  /// Reads the rest, and returns the diffID.
  ///
  /// - Throws: ``LayerError/wrongDiffID(expected:actual:)``, or what reading the rest throws.
  @discardableResult
  package func finish() throws -> Digest {
    try tar.drain()
    let actual = content.digest
    if let expected, expected != actual { throw LayerError.wrongDiffID(expected: expected, actual: actual) }
    return actual
  }

  /// The index of a layer, and its diffID, in one pass over its blob.
  package static func index(
    of blob: any ByteSource, mediaType: MediaType, diffID: Digest?, limits: ReadLimits = .default
  ) throws -> (index: LayerIndex, diffID: Digest) {
    let reader = try LayerReader(blob, mediaType: mediaType, diffID: diffID, limits: limits)
    let index = try LayerIndex.read(reader.tar)
    return (index, try reader.finish())
  }
}
