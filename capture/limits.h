/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of capture/, with unit and reason. Where one is met, the input's trouble says so. */

#define LIMIT_PACKET                                                                               \
    (256u << 10)                /* octets of one packet: libpcap's MAXIMUM_SNAPLEN for every link  \
                                   that carries IP, and dumpcap's default. A pcap record that      \
                                   claims more is damage; a pcapng packet whose block bears it     \
                                   out is cut to this. (libpcap believes up to 128 MiB for D-Bus   \
                                   and USB, which carry no HTTP.) */
#define LIMIT_BLOCK (16u << 20) /* octets of one pcapng block, as libpcap: more is damage */
#define LIMIT_INTERFACES                                                                           \
    (1u << 16)         /* of one pcapng section, 32 octets each; dumpcap writes a few */
#define LIMIT_LINKS 64 /* link types of one capture: IANA's list has 300, IP uses 30 */
#define LIMIT_WINDOW                                                                               \
    (512u << 10)                  /* octets of uncompressed capture held per open input: twice the \
                                     largest packet; larger ones are slower (they leave the cache) */
#define LIMIT_STORED (128u << 10) /* octets of compressed file held per open input */
#define LIMIT_FIRST_READ                                                                           \
    (16u << 10)                  /* octets of the first read of a file, four times as many each    \
                                    time: the first look at a ring of files stays cheap */
#define LIMIT_ZSTD_WINDOW_LOG 27 /* 128 MiB of zstd window: what `zstd --ultra -22` writes */
