import FastCGI
import Glibc
import Servers
import Synchronization

/// A thread that calls `Server.stop()`.
final class StoppingThread {
    private final class Context: Sendable {
        let server: Mutex<Server?>
        let path = Mutex("")
        let isFinished = Atomic(false)

        init(_ server: Server?) { self.server = Mutex(server) }
    }

    private let context: Context
    private var thread = pthread_t()
    private var isJoined = false

    init(_ server: Server?) {
        context = Context(server)
        pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let context = Unmanaged<Context>.fromOpaque(pointer).takeRetainedValue()
                var buffer = [UInt8](repeating: 0, count: 64)
                let count = readlink("/proc/thread-self", &buffer, buffer.count)
                context.path.withLock { $0 = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) }
                let server = context.server.withLock { server in
                    defer { server = nil }
                    return server
                }
                server?.stop()
                context.isFinished.store(true, ordering: .releasing)
                return nil
            }, Unmanaged.passRetained(context).toOpaque())
    }

    /// Waits until the thread sleeps: `stop()` waits only for the loops, after it has told them.
    func waitUntilBlocked() {
        _ = waitUntil {
            let path = context.path.withLock { $0 }
            guard !path.isEmpty else { return false }
            // The thread has ended already.
            guard let file = fopen("/proc/\(path)/stat", "r") else { return true }
            defer { fclose(file) }
            var line = [UInt8](repeating: 0, count: 512)
            let count = fread(&line, 1, line.count, file)
            let fields = String(decoding: line.prefix(count), as: UTF8.self).split(separator: ") ").last
            return fields?.first == "S"
        }
    }

    /// Whether `stop()` returns within half a minute; if so, the thread is joined.
    func waitForEnd() -> Bool {
        guard waitUntil({ context.isFinished.load(ordering: .acquiring) }) else { return false }
        join()
        return true
    }

    /// Waits until `stop()` has returned and the server is released.
    func join() {
        if !isJoined { pthread_join(thread, nil) }
        isJoined = true
    }
}
