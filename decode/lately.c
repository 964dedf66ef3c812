/* SPDX-License-Identifier: MIT */
/* One place for each value of a few bits: who comes later has it. */

#include "decode/lately.h"

#include "decode/limits.h"

_Static_assert(LIMIT_SHARDS <= UINT8_MAX + 1, "a place has eight bits for it");

static unsigned work_out(const struct segment *segment, struct flow_call *call)
{
    call->sender = flow_key_of(segment, &call->key);
    call->tag = flow_key_tag(&call->key);
    return flow_key_hash_stable(&call->key) % LIMIT_SHARDS;
}

static struct lately_place *place_of(struct lately *lately, const struct segment *segment)
{
    uint32_t source, destination, ports;
    memcpy(&source, segment->source.octets, 4);
    memcpy(&destination, segment->destination.octets, 4);
    ports = (uint32_t)segment->source_port << 16 | segment->destination_port;
    uint32_t mixed = (source * 3 + destination) * 0x9e3779b1u + ports * 0x85ebca6bu;
    return &lately->places[mixed >> (32 - LATELY_BITS)];
}

static bool is_of(const struct lately_place *place, const struct segment *segment)
{
    return place->ip_protocol == segment->ip_protocol &&
           memcmp(place->source, segment->source.octets, 4) == 0 &&
           memcmp(place->destination, segment->destination.octets, 4) == 0 &&
           place->source_port == segment->source_port &&
           place->destination_port == segment->destination_port;
}

unsigned lately_call(struct lately *lately, const struct segment *segment, struct flow_call *call)
{
    if (segment->source.family != 4 || segment->ip_protocol == 0)
        return work_out(segment, call);
    struct lately_place *place = place_of(lately, segment);
    if (is_of(place, segment)) {
        flow_key_fill(&call->key, segment, place->sender);
        call->sender = place->sender;
        call->tag = place->tag;
        return place->shard;
    }
    unsigned shard = work_out(segment, call);
    *place = (struct lately_place){
        .source_port = segment->source_port,
        .destination_port = segment->destination_port,
        .tag = call->tag,
        .shard = (uint8_t)shard,
        .sender = (uint8_t)call->sender,
        .ip_protocol = segment->ip_protocol,
    };
    memcpy(place->source, segment->source.octets, 4);
    memcpy(place->destination, segment->destination.octets, 4);
    return shard;
}
