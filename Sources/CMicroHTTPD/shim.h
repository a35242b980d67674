#pragma once
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

// Wraps the variadic MHD_start_daemon: one thread of the library's, at most 64 connections, a timeout of 15 seconds. It
// uses epoll: with select, the default, a process with more than 1024 descriptors could not listen.
static inline struct MHD_Daemon *cmhd_start(
    const struct sockaddr *address, MHD_AccessHandlerCallback handler, void *context) {
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    if (address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT, 64u,
        MHD_OPTION_CONNECTION_TIMEOUT, 15u, MHD_OPTION_END);
}

// Wraps the variadic MHD_get_daemon_info. Returns the bound port, or 0 if it is unknown.
static inline unsigned short cmhd_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
