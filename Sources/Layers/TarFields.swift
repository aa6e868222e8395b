/// What goes into the header of one entry, and the pax records for what does not fit there.
struct TarFields {
  var prefix: [UInt8] = []
  var name: [UInt8]
  var link: [UInt8] = []
  var flag: UInt8
  var mode: Int64 = 0
  var uid: Int64 = 0
  var gid: Int64 = 0
  var size: Int64 = 0
  var seconds: Int64 = 0
  var device: (major: Int64, minor: Int64)?
  /// The content of the pax header; empty when none is needed.
  var pax: [UInt8] = []

  init(name: [UInt8], flag: UInt8) {
    self.name = name
    self.flag = flag
  }

  /// - Throws: ``LayerError/unrepresentable(_:_:)``.
  init(_ entry: LayerEntry) throws {
    name = []
    flag = TarHeader.Flag.file
    mode = Int64(entry.mode)
    try setKind(of: entry)
    try setName(of: entry)
    setNumbers(of: entry)
    try addAttributes(of: entry)
  }

  private mutating func setKind(of entry: LayerEntry) throws {
    switch entry.kind {
    case .file(let size, _):
      if size < 0 { throw LayerError.unrepresentable(entry.path, "a negative size") }
      self.size = size
    case .directory: flag = TarHeader.Flag.directory
    case .symlink(let target):
      flag = TarHeader.Flag.symlink
      try setLink(target, entry.path)
    case .hardLink(let target):
      flag = TarHeader.Flag.hardLink
      try setLink(target.bytes, entry.path)
    case .characterDevice(let major, let minor):
      flag = TarHeader.Flag.character
      try setDevice(major, minor, entry.path)
    case .blockDevice(let major, let minor):
      flag = TarHeader.Flag.block
      try setDevice(major, minor, entry.path)
    case .fifo: flag = TarHeader.Flag.fifo
    case .whiteout, .opaque: break
    }
  }

  private mutating func setLink(_ target: [UInt8], _ path: EntryPath) throws {
    if target.isEmpty || target.contains(0) { throw LayerError.unrepresentable(path, "its link target") }
    if target.count <= TarHeader.linkName.count {
      link = target
    } else {
      link = Array(target.prefix(TarHeader.linkName.count))
      pax += PaxRecords.record(PaxRecords.linkPath, target)
    }
  }

  private mutating func setDevice(_ major: UInt32, _ minor: UInt32, _ path: EntryPath) throws {
    guard TarNumber.fits(Int64(major), TarHeader.deviceMajor), TarNumber.fits(Int64(minor), TarHeader.deviceMinor)
    else {
      throw LayerError.unrepresentable(path, "the device number \(major):\(minor)")
    }
    device = (Int64(major), Int64(minor))
  }

  private mutating func setName(of entry: LayerEntry) throws {
    var full: [UInt8]
    if entry.isMark {
      guard let mark = WhiteoutName.archivePath(of: entry) else {
        throw LayerError.unrepresentable(entry.path, "a whiteout of the root")
      }
      full = mark.bytes
    } else {
      if WhiteoutName.meaning(of: entry.path) != .ordinary {
        throw LayerError.unrepresentable(entry.path, "a name that means a whiteout")
      }
      full = entry.path.isRoot ? [UInt8(ascii: ".")] : entry.path.bytes
      if entry.isDirectory { full.append(UInt8(ascii: "/")) }
      if entry.path.isRoot, !entry.isDirectory { throw LayerError.unrepresentable(entry.path, "a root of that kind") }
    }
    if full.count <= TarHeader.name.count {
      name = full
    } else if let slash = Self.split(full) {
      prefix = Array(full[..<slash])
      name = Array(full[(slash + 1)...])
    } else {
      name = Array(full.prefix(TarHeader.name.count))
      pax = PaxRecords.record(PaxRecords.path, full) + pax
    }
  }

  /// The slash at which a long name can be cut into prefix and name; nil when there is none.
  private static func split(_ full: [UInt8]) -> Int? {
    // The name has to keep a byte beside a directory's closing slash, so look before the last one.
    full.indices.dropLast().prefix(TarHeader.prefix.count + 1).last {
      $0 > 0 && full[$0] == UInt8(ascii: "/") && full.count - $0 - 1 <= TarHeader.name.count
    }
  }

  private mutating func setNumbers(of entry: LayerEntry) {
    func fitting(_ value: Int64, _ field: Range<Int>, _ key: [UInt8], _ pax: inout [UInt8]) -> Int64 {
      if TarNumber.fits(value, field) { return value }
      pax += PaxRecords.record(key, Array(String(value).utf8))
      return 0
    }
    size = fitting(size, TarHeader.size, PaxRecords.size, &pax)
    uid = fitting(Int64(entry.uid), TarHeader.uid, PaxRecords.uid, &pax)
    gid = fitting(Int64(entry.gid), TarHeader.gid, PaxRecords.gid, &pax)
    let time = entry.modified
    if time.nanoseconds == 0, TarNumber.fits(time.seconds, TarHeader.mtime) {
      seconds = time.seconds
    } else {
      seconds = TarNumber.fits(time.seconds, TarHeader.mtime) ? time.seconds : 0
      pax += PaxRecords.record(PaxRecords.mtime, time.pax)
    }
  }

  private mutating func addAttributes(of entry: LayerEntry) throws {
    for attribute in entry.attributes {
      if attribute.name.isEmpty || attribute.name.contains(UInt8(ascii: "=")) || attribute.name.contains(0) {
        throw LayerError.unrepresentable(entry.path, "an extended attribute with such a name")
      }
      // An empty value would cancel the keyword instead of setting it.
      if attribute.value.isEmpty { continue }
      pax += PaxRecords.record(PaxRecords.attributePrefix + attribute.name, attribute.value)
    }
  }

  /// Writes the header's 512 bytes.
  func store(in header: UnsafeMutableRawBufferPointer) {
    header.initializeMemory(as: UInt8.self, repeating: 0)
    func put(_ bytes: some Sequence<UInt8>, at start: Int) {
      for (index, byte) in bytes.enumerated() { header[start + index] = byte }
    }
    put(name, at: TarHeader.name.lowerBound)
    put(link, at: TarHeader.linkName.lowerBound)
    put(prefix, at: TarHeader.prefix.lowerBound)
    put("ustar\u{0}00".utf8, at: TarHeader.magic.lowerBound)
    header[TarHeader.type] = flag
    var numbers = [
      (mode, TarHeader.mode), (uid, TarHeader.uid), (gid, TarHeader.gid), (size, TarHeader.size),
      (seconds, TarHeader.mtime),
    ]
    numbers.append((device?.major ?? 0, TarHeader.deviceMajor))
    numbers.append((device?.minor ?? 0, TarHeader.deviceMinor))
    for (value, field) in numbers {
      let stored = TarNumber.write(value, to: field, of: header)
      precondition(stored, "numbers that do not fit went into pax records")
    }
    // Six digits, NUL, blank: the form every implementation since v7 has used for the checksum.
    let sum = TarHeader.sums(of: UnsafeRawBufferPointer(header)).unsigned
    let digits = TarHeader.checksum.lowerBound..<(TarHeader.checksum.upperBound - 1)
    let stored = TarNumber.write(sum, to: digits, of: header)
    precondition(stored, "512 bytes add up to less than six octal digits hold")
    header[TarHeader.checksum.upperBound - 1] = UInt8(ascii: " ")
  }
}
