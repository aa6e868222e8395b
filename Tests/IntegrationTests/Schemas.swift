import Linux
import SystemPackage
import TestSupport

/// The schemas of the OCI image specification as judges of what the program writes.
enum Schemas {
  /// Checks every manifest, index and config of an OCI layout, and that each blob hashes to its name.
  ///
  /// - Throws: `ToolFailure` that names the blob at fault.
  static func check(_ layout: FilePath) async throws {
    let schemas = Program.repository.pushing("Tests/OCITests/Fixtures")
    try await Tool.run("/usr/bin/python3", ["-c", script, layout.string, schemas.string])
  }

  private static let script = """
    import hashlib, json, os, sys
    from jsonschema import Draft4Validator, RefResolver
    layout, schemas = sys.argv[1:]
    def load(name): return json.load(open(os.path.join(schemas, name)))
    names = ["image-index-schema.json", "image-manifest-schema.json", "config-schema.json", "content-descriptor.json",
             "defs.json", "defs-descriptor.json"]
    documents = {}
    for name in names:
        document = load(name)
        documents[document.get("id", name)] = document
        documents[name] = document
        # References are relative to the ids of the schemas that make them.
        for folder in ["", "image/", "image/descriptor/", "image/manifest/", "image/index/", "image/config/"]:
            documents["https://opencontainers.org/schema/" + folder + name] = document
    def validate(document, schema):
        schema = load(schema)
        resolver = RefResolver(schema.get("id", ""), schema, store=documents)
        Draft4Validator(schema, resolver=resolver).validate(document)
    blobs = os.path.join(layout, "blobs", "sha256")
    counts = {}
    for name in os.listdir(blobs):
        data = open(os.path.join(blobs, name), "rb").read()
        assert hashlib.sha256(data).hexdigest() == name, name + " does not hash to its name"
        if not data.startswith(b"{"): continue
        document = json.loads(data)
        # What was pulled in Docker's format is kept as it came; what is published instead is checked.
        if "docker" in document.get("mediaType", ""): continue
        kind = {"manifests": "image-index-schema.json", "layers": "image-manifest-schema.json",
                "rootfs": "config-schema.json"}
        schema = next(kind[key] for key in kind if key in document)
        counts[schema] = counts.get(schema, 0) + 1
        validate(document, schema)
    assert len(counts) == 3, "not every kind of document was seen: " + str(counts)
    """
}
