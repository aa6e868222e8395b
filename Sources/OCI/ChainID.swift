extension Digest {
  /// The chainID of a stack of layers: an identity of the merged tree that depends on every layer below.
  ///
  /// `hash` must be SHA-256; this level has no hash function of its own. nil for no layers. Implements
  /// [OCI image specification, "Layer ChainID"](https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md#layer-chainid).
  package static func chainID(of diffIDs: some Sequence<Digest>, hash: (String) -> Digest) -> Digest? {
    var chain: Digest?
    for diffID in diffIDs {
      chain = chain.map { hash("\($0) \(diffID)") } ?? diffID
    }
    return chain
  }
}
