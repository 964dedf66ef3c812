/* SPDX-License-Identifier: MIT */
/* The option is group | type << 16; the kernel finds a number that nobody has. */

#include "capture/fanout.h"

#include <linux/if_packet.h>
#include <stddef.h>
#include <sys/socket.h>

#define GROUP_MASK 0xffff

static bool join(int fd, int type, int group)
{
    int option = group | (int)((unsigned)type << 16);
    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &option, sizeof option) == 0;
}

bool fanout_join(int fd, int *group)
{
    const int type = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_ROLLOVER;
    int option = 0;
    socklen_t size = sizeof option;
    if (*group != FANOUT_NONE)
        return join(fd, type, *group);
    if (!join(fd, type | PACKET_FANOUT_FLAG_UNIQUEID, 0) ||
        getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &option, &size) != 0)
        return false;
    *group = option & GROUP_MASK;
    return true;
}
