/* SPDX-License-Identifier: MIT */
/* What is done fast for the packets that nearly all are is what is done for any: dissect reads the
 * same frame with and without a VLAN tag, which has no fast way; lately says of a segment what the
 * hashes say. Frames are of the plain shape, with a few octets changed, cut or padded. */

#include "decode/lately.h"
#include "decode/limits.h"
#include "tests/decode/frames.h"

enum { FRAMES = 200000, MAC = 12, TAG = 4, HEADERS = 14 + 20 + 32, MOST = 200 };

static uint64_t dice_state = 304;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice_state >> 33) % sides;
}

/* Returns its length; `wire`: what it had before it was cut. */
static size_t make_frame(uint8_t frame[HEADERS + 2 * MOST], uint32_t *wire)
{
    bool is_stamped = dice(2);
    size_t header = is_stamped ? 32 : 20, payload = dice(3) ? dice(MOST) : 0;
    size_t length = 14 + 20 + header + payload + (dice(4) ? 0 : dice(8));
    for (size_t i = 0; i < length; i++)
        frame[i] = (uint8_t)dice(256);
    memcpy(frame + MAC, "\x08\0\x45", 3);
    put16(frame + 16, 20 + header + payload);
    put16(frame + 18, dice(4));
    memcpy(frame + 20, dice(2) ? "\x40\0\x40\x06" : "\0\0\x40\x06", 4);
    put32(frame + 26, 0x0a000000 + dice(3));
    put32(frame + 30, 0x0a000000 + dice(3));
    put16(frame + 34, dice(3));
    put16(frame + 36, dice(3));
    frame[46] = (uint8_t)(header / 4 << 4);
    if (is_stamped)
        memcpy(frame + 54, "\x01\x01\x08\x0a", 4);
    for (unsigned changes = dice(3) ? 0 : dice(4); changes; changes--)
        frame[MAC + dice(HEADERS - MAC)] = dice(2) ? (uint8_t)dice(256) : (uint8_t)(dice(9) << 4);
    *wire = (uint32_t)length;
    return dice(8) ? length : dice((uint32_t)length + 1);
}

/* In `octets`, a buffer of its own size, so that the sanitizer sees each octet too many. */
static struct packet packet_of(uint8_t *octets, const uint8_t *frame, size_t length, uint32_t wire,
                               size_t tag, int64_t time_ns)
{
    size_t before = length < MAC ? length : MAC;
    memcpy(octets, frame, before);
    memcpy(octets + before, "\x81\0\0\x64", tag);
    memcpy(octets + before + tag, frame + before, length - before);
    return (struct packet){
        slice_of(octets, length + tag), wire + (uint32_t)tag, DLT_ETHERNET, time_ns, 0, 1};
}

static void check_same(const struct segment *a, const struct segment *b, size_t i)
{
    cr_assert(address_equal(&a->source, &b->source), "%zu", i);
    cr_assert(address_equal(&a->destination, &b->destination), "%zu", i);
    cr_assert(a->source_port == b->source_port && a->destination_port == b->destination_port);
    cr_assert(a->ip_protocol == b->ip_protocol && a->ttl == b->ttl, "%zu", i);
    cr_assert(a->sequence == b->sequence && a->acknowledgement == b->acknowledgement, "%zu", i);
    cr_assert(a->flags == b->flags && a->window == b->window, "%zu", i);
    cr_assert(a->has_timestamp == b->has_timestamp && a->timestamp == b->timestamp, "%zu", i);
    cr_assert(a->timestamp_echo == b->timestamp_echo, "%zu", i);
    cr_assert(slice_equal(a->payload, b->payload) && slice_equal(a->ip, b->ip), "%zu", i);
    cr_assert(slice_is_absent(a->payload) == slice_is_absent(b->payload), "%zu", i);
    cr_assert(a->payload_length == b->payload_length, "%zu", i);
    cr_assert(a->print == b->print && a->fingerprint == b->fingerprint, "%zu", i);
}

Test(plain, frames_say_the_same_with_and_without_a_tag)
{
    struct dissector *plain = dissector_new(), *tagged = dissector_new();
    unsigned whole = 0, twice = 0;
    for (size_t i = 1; i <= FRAMES; i++) {
        static uint8_t frame[HEADERS + 2 * MOST];
        static size_t length;
        static uint32_t wire;
        struct segment a, b;
        int64_t now_ns = (int64_t)i * 1000;
        if (i == 1 || dice(10)) /* else the same again */
            length = make_frame(frame, &wire);
        uint8_t *octets = malloc(length ? length : 1), *more = malloc(length + TAG);
        struct packet one = packet_of(octets, frame, length, wire, 0, now_ns);
        struct packet two = packet_of(more, frame, length, wire, TAG, now_ns);
        enum dissection result = dissector_packet(plain, &one, i, now_ns, &a);
        cr_assert_eq(result, dissector_packet(tagged, &two, i, now_ns, &b), "%zu", i);
        cr_assert_eq(a.mark.ordinal, b.mark.ordinal);
        cr_assert_eq(a.frames, b.frames);
        cr_assert_eq(a.wire_length + TAG * a.frames, b.wire_length);
        if (result == DISSECTED)
            check_same(&a, &b, i);
        whole += result == DISSECTED && a.ip_protocol == 6;
        twice += result == DISSECTED_TWICE;
        free(octets);
        free(more);
    }
    cr_expect_gt(whole, FRAMES / 2);
    cr_expect_gt(twice, FRAMES / 50);
    dissector_free(plain);
    dissector_free(tagged);
}

Test(plain, lately_says_what_the_hashes_say)
{
    static struct lately lately;
    static const uint8_t transports[] = {0, 6, 17};
    for (size_t i = 0; i < FRAMES; i++) {
        struct segment segment = {.ip_protocol = transports[dice(3)],
                                  .source_port = (uint16_t)dice(20),
                                  .destination_port = (uint16_t)dice(20)};
        segment.source.family = segment.destination.family = dice(8) ? 4 : 6;
        segment.source.octets[3] = (uint8_t)dice(4);
        segment.destination.octets[3] = (uint8_t)dice(4);
        struct flow_call call;
        struct flow_key key;
        unsigned shard = lately_call(&lately, &segment, &call);
        cr_assert_eq(call.sender, flow_key_of(&segment, &key));
        cr_assert(memcmp(&call.key, &key, sizeof key) == 0);
        cr_assert_eq(call.tag, flow_key_tag(&key));
        cr_assert_eq(shard, flow_key_hash_stable(&key) % LIMIT_SHARDS);
    }
}
