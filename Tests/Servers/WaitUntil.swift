import Foundation

/// Asks again and again until it is true, with so many milliseconds between.
///
/// - Returns: `false` where it did not become true within half a minute.
public func waitUntil(every pause: UInt32 = 1, _ isTrue: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: 30)
    while try !isTrue() {
        guard Date() < end else { return false }
        usleep(pause * 1_000)
    }
    return true
}
