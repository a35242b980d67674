#pragma once
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

// MHD_start_daemon is variadic. One thread of the library's own, at most 64 connections, 15 seconds of silence each. By
// epoll: with select, the library's first choice, a process of more than 1024 descriptors could not listen.
static inline struct MHD_Daemon *cmhd_start(
    const struct sockaddr *address, MHD_AccessHandlerCallback handler, void *context) {
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    if (address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT, 64u,
        MHD_OPTION_CONNECTION_TIMEOUT, 15u, MHD_OPTION_END);
}

// MHD_get_daemon_info is variadic. The port that was bound; 0 where it is not known.
static inline unsigned short cmhd_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
