/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of analysis/, with unit and reason. What a cap drops is counted. */

/* words: what one message may make us do */
#define LIMIT_VARY_NAMES     32   /* nominated fields of one response; more: the match is unknown */
#define LIMIT_CANON_MEMBERS  64   /* members of one Accept-like field that are sorted */
#define LIMIT_URL_PARAMETERS 128  /* query parameters that are looked at */
#define LIMIT_PATTERN        1024 /* octets of a URL pattern; the rest becomes "*" */

/* clients */
#define LIMIT_CLIENT_ADDRESSES 65536 /* addresses that are remembered; 64 octets each */
#define LIMIT_CLIENT_HOSTS     16384 /* (address, host) pairs that are watched for 60 s; 1 KiB each */
#define LIMIT_CLIENT_CONNECTIONS                                                                   \
    32 /* connections of such a pair that are remembered: more than any                            \
          sensible same_address_connections */
#define LIMIT_CLIENT_WINDOW_NS INT64_C(60000000000) /* rules.md A2: within 60 s */
