import Checks
import Components
import Content
import Diagnostics
import Dockerfile
import Linux
import OCI
import Planning
import Sources
import SystemPackage

/// Looks at every recipe of the selected components; blocks on the disk.
struct SetCheck {
  let set: DiscoveredSet
  let planner: Planner
  let directory: Directory
  let store: ContentStore

  private(set) var diagnostics: [Diagnostic] = []
  private(set) var files = 0
  private var seen: Set<Diagnostic> = []

  init(_ set: DiscoveredSet, planner: Planner, directory: Directory, store: ContentStore) {
    self.set = set
    self.planner = planner
    self.directory = directory
    self.store = store
  }

  mutating func run(_ found: [Diagnostic]) {
    add(found)
    do throws(DiagnosticsError) {
      _ = try planner.plan(set.selected)
    } catch {
      // Warnings come with their recipes below, those that a file switches off left out.
      add(error.diagnostics.filter { $0.severity == .error })
    }
    for selected in set.selected { check(selected) }
    sort()
  }

  private mutating func add(_ found: [Diagnostic]) { diagnostics += found.filter { seen.insert($0).inserted } }

  /// All recipes of a component, also those that no platform of the run uses.
  private mutating func check(_ selected: SelectedComponent) {
    let component = selected.component
    var platforms: [String: [Platform]] = [:]
    for platform in selected.platforms {
      // What is wrong with the choice itself is in the plan's diagnostics.
      guard let chosen = try? component.strategy(for: platform).strategy.recipe else { continue }
      platforms[chosen.fileName, default: []].append(platform)
    }
    for recipe in component.recipes {
      files += 1
      let wanted = platforms[recipe.fileName] ?? recipe.platform.map { [$0] } ?? []
      switch recipe.kind {
      case .dockerfile: check(recipe, of: component, for: wanted)
      case .imageSource:
        do throws(DiagnosticsError) {
          _ = try ImageSource(parsing: recipe.source)
        } catch { add(error.diagnostics) }
      }
    }
  }

  private mutating func check(_ recipe: Recipe, of component: Component, for platforms: [Platform]) {
    var ignore: IgnorePatterns?
    if let file = recipe.ignoreFile {
      do throws(DiagnosticsError) {
        ignore = try IgnorePatterns(parsing: file)
      } catch { add(error.diagnostics) }
    }
    let root: Directory
    do throws(Errno) {
      root = try directory.directory(component.path, followLast: true)
    } catch {
      return add([.error("cannot open the directory", at: component.displayPath, why: ["\(error)"])])
    }
    var produced: Set<String> = []
    if component.hasBuildScript { produced.insert("bin") }
    if component.source != nil { produced.insert("src") }
    let target = planner.targets.stage(of: component.name, isSelected: true)
    let checked = CheckedRecipe(
      recipe.source,
      arguments: platforms.map { ($0, planner.arguments(of: component.name, for: $0, stage: target)) },
      surroundings: RecipeSurroundings(
        context: DirectoryContext(root: root), ignore: ignore, produced: produced,
        hasBuildScript: component.hasBuildScript, target: target,
        contexts: Set(planner.origins.contexts.keys), images: LocalImages(store: store, planner: planner)))
    add(Checker.check(checked) + LoweringCheck.diagnostics(checked))
  }

  /// By file in the order of the names, then by place; what has no place in a file comes first.
  private mutating func sort() {
    func key(_ diagnostic: Diagnostic) -> (String, Int) {
      switch diagnostic.location {
      case .range(let range): (range.file.name, range.offsets.lowerBound)
      case .text(let place): (place, -1)
      case .none: ("", -1)
      }
    }
    diagnostics = diagnostics.enumerated().sorted { left, right in
      let (a, b) = (key(left.element), key(right.element))
      return (a.0, a.1, left.offset) < (b.0, b.1, right.offset)
    }.map(\.element)
  }
}
