/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: when two packets are one packet seen twice.
 *
 * They are if they came within LIMIT_TWICE_NS of each other (in either order: merged captures may
 * have clocks that differ a little) and everything that stays the same on a path is the same:
 * addresses, IP id, transport header, payload. What routers, switches and network cards change is
 * not looked at: link header, VLAN, TTL, DSCP and ECN, checksums.
 *
 * What makes a retransmission different is the IP id, which its sender counts on (RFC 791; RFC 6864
 * §4.1 lets it stand still in packets that may not be fragmented, and many senders then write 0),
 * or the TCP timestamp (RFC 7323 §3.2). Hence:
 *
 *   id other than 0                 must be equal, and that is enough
 *   no id, but a TCP timestamp      must be equal. A retransmission within the same tick (1 ms
 * mostly) would be taken for a duplicate: it brings no new octets, and the stream does not miss it.
 * So would two duplicate acknowledgements, which own no octets of any message neither (id 0, IPv6)
 * nobody can tell: never called a duplicate
 *
 * Parts of datagrams are compared as they come, before they are put together: their id is what
 * joins them, so it is always there or 0.
 *
 * A packet is remembered as a 64-bit hash with its time, in a ring: the oldest is overwritten.
 * Buckets lead to the newest of their chain, which ends where the ring was overwritten. The hash is
 * seeded; what a full table forgets is decided by age alone, so that results do not depend on the
 * seed.
 */

#include "decode/twice.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "decode/limits.h"

_Static_assert((LIMIT_TWICE_ENTRIES & (LIMIT_TWICE_ENTRIES - 1)) == 0, "indices are masked");

struct sighting {
    uint64_t hash;
    int64_t time_ns;
    uint64_t older; /* number of the one before it in its bucket */
};

struct twice {
    uint64_t next; /* number of the next sighting, from 1 */
    struct sighting ring[LIMIT_TWICE_ENTRIES];
    uint64_t newest[LIMIT_TWICE_ENTRIES]; /* by bucket; 0 for none */
};

struct twice *twice_new(void)
{
    struct twice *twice = xcalloc(1, sizeof *twice);
    twice->next = 1;
    return twice;
}

void twice_free(struct twice *twice)
{
    free(twice);
}

enum { TRANSPORT_MOST = 60 };

/* What is compared besides the payload; no padding. */
struct print {
    uint32_t id;
    uint32_t payload_length;
    uint32_t offset;
    struct address source, destination;
    uint8_t protocol;
    uint8_t more;
    uint8_t transport[TRANSPORT_MOST];
};
_Static_assert(sizeof(struct print) == 12 + 2 * sizeof(struct address) + 2 + TRANSPORT_MOST,
               "no padding");

static uint64_t hash_of(const struct ip *ip, struct twice_marks marks)
{
    struct print print;
    size_t fixed = offsetof(struct print, transport);

    assert(marks.header_len <= TRANSPORT_MOST && marks.header_len <= ip->payload.bytes.len);
    print.id = ip->id;
    print.payload_length = (uint32_t)ip->payload.wire;
    print.offset = ip->offset;
    print.source = ip->source;
    print.destination = ip->destination;
    print.protocol = ip->protocol;
    print.more = ip->more;
    if (marks.header_len) {
        memcpy(print.transport, ip->payload.bytes.at, marks.header_len);
        memset(print.transport + marks.checksum_at, 0, 2);
    }

    uint64_t hash = hash64(slice_of(&print, fixed + marks.header_len));
    struct slice rest = slice_from(ip->payload.bytes, marks.header_len);
    return rest.len ? hash_mix(hash, hash64(rest)) : hash;
}

/* The newest sighting of that hash, or NULL. Chains are short: the hash is seeded, and of equal
 * ones only the newest is ever reached. */
static struct sighting *find(struct twice *twice, uint64_t hash)
{
    uint64_t number = twice->newest[hash % LIMIT_TWICE_ENTRIES];
    while (number && twice->next - number <= LIMIT_TWICE_ENTRIES) {
        struct sighting *s = &twice->ring[number % LIMIT_TWICE_ENTRIES];
        if (s->hash == hash)
            return s;
        number = s->older;
    }
    return NULL;
}

static void remember(struct twice *twice, uint64_t hash, int64_t time_ns)
{
    uint64_t *newest = &twice->newest[hash % LIMIT_TWICE_ENTRIES];
    twice->ring[twice->next % LIMIT_TWICE_ENTRIES] =
        (struct sighting){.hash = hash, .time_ns = time_ns, .older = *newest};
    *newest = twice->next++;
}

bool twice_seen(struct twice *twice, const struct ip *ip, struct twice_marks marks, int64_t time_ns)
{
    if (!ip->has_id && !marks.has_timestamp)
        return false;
    uint64_t hash = hash_of(ip, marks);
    const struct sighting *before = find(twice, hash);
    if (before && llabs(time_ns - before->time_ns) <= LIMIT_TWICE_NS)
        return true;
    remember(twice, hash, time_ns);
    return false;
}
