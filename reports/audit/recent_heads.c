/* SPDX-License-Identifier: MIT */
/* A ring of octets, and a table by the exchange's number that says where in it its heads lie. */

#include "reports/audit/recent_heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/limits.h"

struct entry {
    uint64_t id;                /* 0: none */
    uint64_t place;             /* of its first octet among all that were ever kept */
    uint32_t request, response; /* octets; ABSENT: that half was not seen */
};

enum { ABSENT = UINT32_MAX };

struct recent_heads {
    uint64_t written; /* octets that were ever kept, with those left out at the ring's end */
    struct entry entries[LIMIT_RECENT_HEADS];
    uint8_t octets[LIMIT_RECENT_HEAD_OCTETS];
};

struct recent_heads *recent_heads_new(void)
{
    return xcalloc(1, sizeof(struct recent_heads));
}

void recent_heads_free(struct recent_heads *recent)
{
    free(recent);
}

/* Room for so many octets in one piece. */
static uint64_t place_for(struct recent_heads *recent, size_t n)
{
    size_t left = sizeof recent->octets - recent->written % sizeof recent->octets;
    if (n > left)
        recent->written += left;
    recent->written += n;
    return recent->written - n;
}

static uint32_t put(uint8_t *to, struct slice head)
{
    if (slice_is_absent(head))
        return ABSENT;
    memcpy(to, head.at, head.len);
    return (uint32_t)head.len;
}

void recent_heads_keep(struct recent_heads *recent, uint64_t id, struct slice request,
                       struct slice response)
{
    size_t n = request.len + response.len;
    struct entry *entry = &recent->entries[id % LIMIT_RECENT_HEADS];
    *entry = (struct entry){0};
    if (n > sizeof recent->octets / 8) /* would push out too many others */
        return;
    uint64_t place = place_for(recent, n);
    uint8_t *at = recent->octets + place % sizeof recent->octets;
    *entry = (struct entry){id, place, put(at, request), put(at + request.len, response)};
}

static struct slice take(const uint8_t *at, uint32_t octets)
{
    return octets == ABSENT ? SLICE_ABSENT : slice_of(at, octets);
}

bool recent_heads_find(const struct recent_heads *recent, uint64_t id, struct slice *request,
                       struct slice *response)
{
    const struct entry *entry = &recent->entries[id % LIMIT_RECENT_HEADS];
    if (id == 0 || entry->id != id || recent->written - entry->place > sizeof recent->octets)
        return false;
    const uint8_t *at = recent->octets + entry->place % sizeof recent->octets;
    *request = take(at, entry->request);
    *response = take(at + (entry->request == ABSENT ? 0 : entry->request), entry->response);
    return true;
}
