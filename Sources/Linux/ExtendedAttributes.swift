import CLinux
import SystemPackage

/// One extended attribute: name with its namespace (`user.comment`, `security.capability`) and value, both raw bytes.
package struct ExtendedAttribute: Hashable, Sendable {
  package var name: [UInt8]
  package var value: [UInt8]

  package init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

extension Directory {
  /// All attributes of `name` (of the link itself when it is one), sorted by name.
  ///
  /// Empty where the file system has none. Attributes that the caller may not read (`trusted.*` without privilege) are
  /// not listed by the kernel.
  package func extendedAttributes(ofName name: some PathText) throws(Errno) -> [ExtendedAttribute] {
    try checkName(name) { pointer throws(Errno) in try Self.extendedAttributes(descriptor.rawValue, pointer) }
  }

  /// The attributes of the directory itself, sorted by name.
  package func extendedAttributes() throws(Errno) -> [ExtendedAttribute] {
    try [UInt8]().withCPath { pointer throws(Errno) in try Self.extendedAttributes(descriptor.rawValue, pointer) }
  }

  /// Sets one attribute of `name`, of the link itself when it is one.
  package func setExtendedAttribute(_ attribute: ExtendedAttribute, ofName name: some PathText) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in
      _ = try attribute.name.withCPath { attributeName throws(Errno) in
        try check(
          cl_setxattrat(descriptor.rawValue, pointer, attributeName, attribute.value, attribute.value.count))
      }
    }
  }

  /// Sets one attribute of the directory itself.
  package func setExtendedAttribute(_ attribute: ExtendedAttribute) throws(Errno) {
    _ = try attribute.name.withCPath { name throws(Errno) in
      try check(cl_fsetxattr(descriptor.rawValue, name, attribute.value, attribute.value.count))
    }
  }

  private static func extendedAttributes(
    _ directory: CInt, _ name: UnsafePointer<CChar>
  ) throws(Errno) -> [ExtendedAttribute] {
    let names: [UInt8]
    do {
      names = try growing { buffer, size in
        cl_listxattrat(directory, name, buffer?.assumingMemoryBound(to: CChar.self), size)
      }
    } catch .notSupported {
      return []
    }
    var attributes: [ExtendedAttribute] = []
    for attribute in names.split(separator: 0).map(Array.init) {
      do {
        let value = try attribute.withCPath { attributeName throws(Errno) in
          try growing { cl_getxattrat(directory, name, attributeName, $0, $1) }
        }
        attributes.append(ExtendedAttribute(name: attribute, value: value))
      } catch .noData {
        // Removed between list and get.
      }
    }
    attributes.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return attributes
  }

  /// Repeats a call that tells the size it needs, until the value fits.
  private static func growing(
    _ call: (UnsafeMutableRawPointer?, Int) -> Int64
  ) throws(Errno) -> [UInt8] {
    var size = 256
    while true {
      var buffer = [UInt8](repeating: 0, count: size)
      let count = buffer.withUnsafeMutableBytes { call($0.baseAddress, $0.count) }
      if count >= 0 {
        buffer.removeLast(size - Int(count))
        return buffer
      }
      // 64 KiB is the kernel's limit for lists and values.
      guard count == -Int64(Errno.outOfRange.rawValue), size < 64 << 10 else { throw Errno(rawValue: CInt(-count)) }
      size = 64 << 10
    }
  }
}
