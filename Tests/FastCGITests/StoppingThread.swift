import FastCGI
import Glibc
import Servers
import Synchronization

/// A thread within `Server.stop()`.
final class StoppingThread {
    private final class Context: Sendable {
        let server: Mutex<Server?>
        let place = Mutex("")

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
                context.place.withLock { $0 = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) }
                let server = context.server.withLock { server in
                    defer { server = nil }
                    return server
                }
                server?.stop()
                return nil
            }, Unmanaged.passRetained(context).toOpaque())
    }

    /// Waits until it sleeps: nothing else in `stop()` waits but for the loops, which have been told by then.
    func waitUntilBlocked() {
        _ = waitUntil {
            let place = context.place.withLock { $0 }
            guard !place.isEmpty else { return false }
            // No file: it has come back already.
            guard let file = fopen("/proc/\(place)/stat", "r") else { return true }
            defer { fclose(file) }
            var line = [UInt8](repeating: 0, count: 512)
            let count = fread(&line, 1, line.count, file)
            let fields = String(decoding: line.prefix(count), as: UTF8.self).split(separator: ") ").last
            return fields?.first == "S"
        }
    }

    /// Waits until `stop()` has come back and the server is let go of.
    func join() {
        if !isJoined { pthread_join(thread, nil) }
        isJoined = true
    }
}
