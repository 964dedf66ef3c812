/* SPDX-License-Identifier: MIT */
/*
 * The PROXY protocol (haproxy's doc/proxy-protocol.txt).
 *
 * Version 1 is one line of at most 107 octets:
 *     PROXY TCP4 <source> <destination> <source port> <destination port> CR LF
 *     PROXY TCP6 ...
 *     PROXY UNKNOWN <anything> CR LF
 * Version 2 begins with 12 fixed octets, then: version and command (0x20 LOCAL, 0x21 PROXY), family
 * and transport (0x1. IPv4, 0x2. IPv6), length of the rest in network order, source and destination
 * address, ports, extensions.
 */

#include "decode/preamble.h"

#include <arpa/inet.h>

#include "base/attributes.h"

#define V1_MAX   107
#define V2_FIXED 16

static const uint8_t v2_signature[12] = {'\r', '\n', '\r', '\n', 0,   '\r',
                                         '\n', 'Q',  'U',  'I',  'T', '\n'};

static bool is_prefix(struct slice bytes, struct slice signature)
{
    return slice_equal(slice_first(bytes, signature.len), slice_first(signature, bytes.len));
}

static bool v1_address(struct slice text, int family, struct address *address)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    *address = (struct address){.family = family == AF_INET ? 4 : 6};
    return inet_pton(family, copy, address->octets) == 1;
}

static enum preamble v1_line(struct slice line, struct address *client)
{
    struct slice rest = slice_from(line, 6); /* "PROXY " */
    struct slice kind = slice_cut(&rest, ' ');
    if (slice_equal(kind, SLICE("UNKNOWN")))
        return PREAMBLE_YES;
    bool is_v4 = slice_equal(kind, SLICE("TCP4"));
    if (!is_v4 && !slice_equal(kind, SLICE("TCP6")))
        return PREAMBLE_BROKEN;
    struct address source, destination;
    int family = is_v4 ? AF_INET : AF_INET6;
    if (!v1_address(slice_cut(&rest, ' '), family, &source) ||
        !v1_address(slice_cut(&rest, ' '), family, &destination))
        return PREAMBLE_BROKEN;
    *client = source;
    return PREAMBLE_YES;
}

static enum preamble v1_parse(struct slice bytes, size_t *length, struct address *client)
{
    size_t lf = slice_find(slice_first(bytes, V1_MAX), '\n');
    if (lf == bytes.len && lf < V1_MAX)
        return PREAMBLE_MORE;
    *length = lf < V1_MAX ? lf + 1 : V1_MAX;
    if (lf == V1_MAX || bytes.at[lf - 1] != '\r')
        return PREAMBLE_BROKEN;
    return v1_line(slice_first(bytes, lf - 1), client);
}

static enum preamble v2_parse(struct slice bytes, size_t *length, struct address *client)
{
    if (bytes.len < V2_FIXED)
        return PREAMBLE_MORE;
    const uint8_t *at = bytes.at;
    size_t rest = (size_t)(at[14] << 8 | at[15]);
    *length = V2_FIXED;
    if (at[12] >> 4 != 2 || (at[12] & 15) > 1 || V2_FIXED + rest > PREAMBLE_MAX)
        return PREAMBLE_BROKEN;
    if (bytes.len < V2_FIXED + rest)
        return PREAMBLE_MORE;
    *length = V2_FIXED + rest;
    bool is_proxy = (at[12] & 15) == 1;
    if (is_proxy && at[13] >> 4 == 1 && rest >= 12) {
        client->family = 4;
        memcpy(client->octets, at + V2_FIXED, 4);
    } else if (is_proxy && at[13] >> 4 == 2 && rest >= 36) {
        client->family = 6;
        memcpy(client->octets, at + V2_FIXED, 16);
    }
    return PREAMBLE_YES;
}

enum preamble preamble_parse(struct slice bytes, size_t *length, struct address *client)
{
    static const struct slice v1 = {(const uint8_t *)"PROXY ", 6};
    static const struct slice v2 = {v2_signature, sizeof v2_signature};
    *client = (struct address){0};
    *length = 0;
    if (is_prefix(bytes, v1))
        return bytes.len < v1.len ? PREAMBLE_MORE : v1_parse(bytes, length, client);
    if (is_prefix(bytes, v2))
        return bytes.len < v2.len ? PREAMBLE_MORE : v2_parse(bytes, length, client);
    return PREAMBLE_NO;
}
