// What the Glibc module of Swift lacks: epoll, eventfd, accept4 (declared only under _GNU_SOURCE), and the environment,
// which is a mutable global there, and so cannot be read in Swift 6.
#include <sys/epoll.h>
#include <sys/eventfd.h>

struct sockaddr;
int accept4(int fd, struct sockaddr *address, unsigned int *length, int flags);

extern char **environ;
static inline char **process_environment(void) { return environ; }
