import CCodecs
import Glibc

/// Threads that compress chunks in the order in which they are submitted.
///
/// `stop()` joins them; dropping the crew stops it, so an error on the writing side leaves no thread behind.
final class ChunkCrew {
  private let queue = ChunkQueue()
  private var threads: [pthread_t] = []

  /// - Throws: ``LayerError/codecUnavailable(_:)`` when not even one thread can be started.
  init(workers: Int, level: Int) throws {
    for _ in 0..<workers {
      guard let deflater = Deflater(level: level) else { break }
      let work = Unmanaged.passRetained(ChunkWork(queue: queue, deflater: deflater))
      var thread = pthread_t()
      let failure = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<ChunkWork>.fromOpaque(context).takeRetainedValue().run()
          return nil
        }, work.toOpaque())
      if failure != 0 {
        work.release()
        break
      }
      threads.append(thread)
    }
    if threads.isEmpty { throw LayerError.codecUnavailable("compression threads") }
  }

  deinit { stop() }

  func submit(_ slot: ChunkSlot) { queue.push(slot) }

  func wait(for slot: ChunkSlot) { queue.wait(for: slot) }

  func isDone(_ slot: ChunkSlot) -> Bool { queue.isDone(slot) }

  /// Lets the threads finish the chunk they are at, drops those that wait, and joins.
  func stop() {
    queue.close()
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }
}

/// What one thread of a crew runs.
private final class ChunkWork {
  private let queue: ChunkQueue
  private let deflater: Deflater

  init(queue: ChunkQueue, deflater: Deflater) {
    self.queue = queue
    self.deflater = deflater
  }

  func run() {
    while let slot = queue.pop() {
      slot.compress(with: deflater)
      queue.finish(slot)
    }
  }
}

/// The chunks that wait for a thread, under one lock.
///
/// Its mutex and conditions have to stay at one address, hence the allocation. Every other state is touched with the
/// lock held only.
private final class ChunkQueue {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: [ChunkSlot] = []
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(arrived, nil)
    pthread_cond_init(done, nil)
  }

  deinit {
    pthread_cond_destroy(done)
    pthread_cond_destroy(arrived)
    pthread_mutex_destroy(mutex)
    done.deallocate()
    arrived.deallocate()
    mutex.deallocate()
  }

  func push(_ slot: ChunkSlot) {
    locked {
      waiting.append(slot)
      pthread_cond_signal(arrived)
    }
  }

  /// Waits for a chunk; nil once the queue is closed.
  func pop() -> ChunkSlot? {
    locked {
      while waiting.isEmpty && !isClosed { pthread_cond_wait(arrived, mutex) }
      return isClosed ? nil : waiting.removeFirst()
    }
  }

  func finish(_ slot: ChunkSlot) {
    locked {
      slot.isDone = true
      pthread_cond_signal(done)
    }
  }

  func wait(for slot: ChunkSlot) {
    locked { while !slot.isDone { pthread_cond_wait(done, mutex) } }
  }

  func isDone(_ slot: ChunkSlot) -> Bool { locked { slot.isDone } }

  func close() {
    locked {
      isClosed = true
      waiting = []
      pthread_cond_broadcast(arrived)
    }
  }

  private func locked<T>(_ body: () -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
