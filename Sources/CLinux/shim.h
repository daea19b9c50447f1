// What Swift's Glibc module leaves out: epoll, eventfd, and accept4 (declared only under _GNU_SOURCE).
#include <sys/epoll.h>
#include <sys/eventfd.h>

struct sockaddr;
int accept4(int fd, struct sockaddr *address, unsigned int *length, int flags);
