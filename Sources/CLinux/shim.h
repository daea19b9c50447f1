// What Swift's Glibc module leaves out: epoll, eventfd, accept4 (declared only under _GNU_SOURCE), and the environment,
// which is a mutable variable there and so not to be read in Swift 6.
#include <sys/epoll.h>
#include <sys/eventfd.h>

struct sockaddr;
int accept4(int fd, struct sockaddr *address, unsigned int *length, int flags);

extern char **environ;
static inline char **process_environment(void) { return environ; }
