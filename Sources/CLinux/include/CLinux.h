// Linux for Swift: calls that Glibc's module hides (_GNU_SOURCE), and macros over unions.
#ifndef PLC_CLINUX_H
#define PLC_CLINUX_H
// No _GNU_SOURCE and few headers here: with it, types that Glibc's module has too would come out different.
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/// accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC; the peer's address is not asked for.
int plc_accept(int listener);
/// epoll_ctl(2) with a 64-bit token; `operation` is EPOLL_CTL_ADD, _MOD or _DEL.
int plc_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token);
/// The token and the events of the i-th entry that epoll_wait(2) filled in.
uint64_t plc_epoll_token(const struct epoll_event *events, int i);
uint32_t plc_epoll_events(const struct epoll_event *events, int i);
/// The number of columns of the terminal behind `fd`, or 0 if it is none or does not know.
int plc_terminal_width(int fd);
/// Opens a socket that neither blocks nor survives exec.
int plc_socket(int family);
/// Fills `bytes` from the kernel's generator; returns 0, or -1 with errno.
int plc_random(void *bytes, size_t count);
#endif
