// Lets a statically linked plc start where /proc is not mounted: an empty chroot, an early rescue shell.
//
// Before main, the Swift runtime looks for its crash reporter beside the executable, asks /proc/self/exe where that
// is, and aborts ("Unable to obtain Swift runtime path") if there is no answer; told a root, it does not ask. Later it
// reads the arguments from /proc/self/cmdline, and without it there are none; glibc hands them to constructors, too.
// Where /proc is, nothing of this happens.
#include <stdlib.h>
#include <unistd.h>

// The runtime's own hook for interpreters. Weak: if a release of Swift drops it, the arguments are missing again.
extern void _swift_stdlib_overrideUnsafeArgvArgc(char **values, int count) __attribute__((weak));

// Priority 101, the first that is not reserved, runs before the runtime's own constructors.
__attribute__((constructor(101))) static void do_without_proc(int count, char **values) {
    char path[1];
    if (readlink("/proc/self/exe", path, sizeof path) >= 0) return;
    setenv("SWIFT_ROOT", "/", 0);
    if (_swift_stdlib_overrideUnsafeArgvArgc) _swift_stdlib_overrideUnsafeArgvArgc(values, count);
}
