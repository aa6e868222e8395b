import OCI

/// The name of one cell, a component for a platform, in messages: `cli/arm64`.
package struct CellID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let component: String
  package let platform: Platform

  package init(component: String, platform: Platform) {
    self.component = component
    self.platform = platform
  }

  package var description: String { "\(component)/\(platform.shortName)" }

  package static func < (left: CellID, right: CellID) -> Bool {
    (left.component, left.platform) < (right.component, right.platform)
  }
}
