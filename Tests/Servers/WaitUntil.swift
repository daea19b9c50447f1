import Foundation

/// Asks again and again until it is true.
///
/// - Returns: `false` where it did not become true within half a minute.
public func waitUntil(_ isTrue: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: 30)
    while try !isTrue() {
        guard Date() < end else { return false }
        usleep(1_000)
    }
    return true
}
