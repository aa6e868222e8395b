import CLinux
import SystemPackage

/// C strings and arrays that live as long as this object.
final class ForeignMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  /// A NUL-terminated copy.
  func string(_ bytes: [UInt8]) -> UnsafePointer<CChar> {
    let copy = array(bytes.map { CChar(bitPattern: $0) } + [0])
    return UnsafePointer(copy)
  }

  /// A NULL-terminated array of NUL-terminated copies.
  func strings(_ values: [[UInt8]]) -> UnsafePointer<UnsafePointer<CChar>?> {
    let pointers: [UnsafePointer<CChar>?] = values.map { string($0) } + [nil]
    return UnsafePointer(array(pointers))
  }

  /// As `strings`, for C code that puts other pointers into the array.
  func mutableStrings(_ values: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    array(values.map { array($0.utf8.map { CChar(bitPattern: $0) } + [0]) } + [nil])
  }

  /// A copy of the elements, which must be trivial types.
  func array<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    pointer.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }
}

extension NamespaceAction {
  /// The C form, with all its memory in `memory`.
  func native(in memory: ForeignMemory) -> cl_action {
    var action = cl_action()
    func text(_ path: FilePath) -> UnsafePointer<CChar> { memory.string(path.bytes) }
    switch self {
    case .overlay(let lowers, let upper, let target, let userAttributes):
      action.kind = CInt(CL_ACTION_OVERLAY.rawValue)
      action.flags = userAttributes ? UInt32(CL_OVERLAY_USER_XATTR) : 0
      action.list = memory.strings(lowers.map(\.bytes))
      (action.source, action.data) = (upper.map { text($0.upper) }, upper.map { text($0.work) })
      action.target = text(target)
    case .bind(let source, let target, let readOnly, let recursive):
      action.kind = CInt(CL_ACTION_BIND.rawValue)
      action.flags = UInt32((readOnly ? CL_BIND_READ_ONLY : 0) | (recursive ? CL_BIND_RECURSIVE : 0))
      (action.source, action.target) = (text(source), text(target))
    case .mount(let type, let target, let options):
      action.kind = CInt(CL_ACTION_MOUNT.rawValue)
      (action.source, action.target) = (memory.string(Array(type.utf8)), text(target))
      action.data = memory.string(Array(options.utf8))
    case .write(let content, let target):
      action.kind = CInt(CL_ACTION_WRITE.rawValue)
      (action.data, action.target) = (memory.string(content), text(target))
    case .unmount(let target):
      action.kind = CInt(CL_ACTION_UNMOUNT.rawValue)
      action.target = text(target)
    case .makeDirectory(let target):
      action.kind = CInt(CL_ACTION_MAKE_DIRECTORY.rawValue)
      action.target = text(target)
    case .createFile(let content, let target, let permissions, let uid, let gid):
      action.kind = CInt(CL_ACTION_CREATE_FILE.rawValue)
      (action.flags, action.uid, action.gid, action.size) = (permissions, uid, gid, content.count)
      (action.data, action.target) = (memory.string(content), text(target))
    }
    return action
  }
}
