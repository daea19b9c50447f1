// Lets the Thread Sanitizer see that a Swift Mutex was taken, because the Swift library that waits for a mutex is not instrumented.
// Preloaded into every program; has no effect in programs without the Thread Sanitizer.
//
// The fast path, which is compiled into the caller, sets the lock from 0 to the thread's id; this one waits until it can do the same.
#include <sched.h>
#include <stdint.h>

extern void __tsan_acquire(void *) __attribute__((weak));

__attribute__((swiftcall)) void lock_slow(uint32_t self, __attribute__((swift_context)) uint32_t *lock)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void lock_slow(uint32_t self, __attribute__((swift_context)) uint32_t *lock) {
    uint32_t expected;
    do {
        sched_yield();
        expected = 0;
    } while (!__atomic_compare_exchange_n(lock, &expected, self, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
    if (__tsan_acquire) __tsan_acquire(lock);
}
