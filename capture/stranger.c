/* SPDX-License-Identifier: MIT */
/*
 * People name the wrong file: the key log, the database, the capture in another program's format or
 * compression. A row per kind of file that was met, by its first octets.
 */

#include "capture/stranger.h"

#include "base/attributes.h"

struct stranger {
    struct slice magic;
    const char *what;
};

#define CONVERT "convert it with `editcap -F pcapng`"

// clang-format off
static const struct stranger strangers[] = {
    {SLICE("snoop\0\0\0"),          "is a snoop capture: " CONVERT},
    {SLICE("btsnoop\0"),            "is a Bluetooth capture (btsnoop), which carries no HTTP"},
    {SLICE("GMBU"),                 "is a Microsoft Network Monitor 2 capture: " CONVERT},
    {SLICE("RTSS"),                 "is a Microsoft Network Monitor 1 capture: " CONVERT},
    {SLICE("TRSNIFF data"),         "is a Sniffer capture: " CONVERT},
    {SLICE("XCP\0"),                "is a NetXRay capture: " CONVERT},
    {SLICE("iptrace 1.0"),          "is an iptrace capture: " CONVERT},
    {SLICE("iptrace 2.0"),          "is an iptrace capture: " CONVERT},
    {SLICE("\x7f" "pkt"),           "is an EtherPeek capture: " CONVERT},
    {SLICE("\xfd" "7zXZ"),          "is compressed with xz: pipe it in with `xz -dc FILE | wire304 analyze -`"},
    {SLICE("BZh"),                  "is compressed with bzip2: pipe it in with `bzip2 -dc FILE | wire304 analyze -`"},
    {SLICE("\x04\x22\x4d\x18"),     "is compressed with lz4: pipe it in with `lz4 -dc FILE | wire304 analyze -`"},
    {SLICE("\x1f\x9d"),             "is compressed with compress: pipe it in with `zcat FILE | wire304 analyze -`"},
    {SLICE("PK\x03\x04"),           "is a zip archive: unpack it and name the captures in it"},
    {SLICE("7z\xbc\xaf\x27\x1c"),   "is a 7z archive: unpack it and name the captures in it"},
    {SLICE("SQLite format 3"),      "is an SQLite database, not a capture: for one of wire304's use `wire304 report`"},
    {SLICE("CLIENT_RANDOM "),       "is a TLS key log, not a capture: name it with --keylog"},
    {SLICE("CLIENT_HANDSHAKE_"),    "is a TLS key log, not a capture: name it with --keylog"},
    {SLICE("SERVER_HANDSHAKE_"),    "is a TLS key log, not a capture: name it with --keylog"},
    {SLICE("# SSL/TLS secrets"),    "is a TLS key log, not a capture: name it with --keylog"},
    {SLICE("{"),                    "looks like JSON, not like a capture (HAR files are not read: wire304 needs packets)"},
    {SLICE("<"),                    "looks like HTML or XML, not like a capture"},
    {SLICE("\x7f" "ELF"),           "is a program, not a capture"},
};
// clang-format on

static bool is_all_zero(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] != 0)
            return false;
    return true;
}

/* Text in ASCII, in anything that extends it, or in UTF-8: no control characters but the usual. */
static bool is_text(struct slice s)
{
    static const bool is_usual[0x20] = {['\t'] = true, ['\n'] = true, ['\r'] = true, ['\f'] = true};
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < 0x20 && !is_usual[s.at[i]])
            return false;
    return true;
}

const char *stranger_describe(struct slice start)
{
    start = slice_first(start, STRANGER_SAMPLE);
    if (start.len == 0)
        return "is empty: nothing was captured, or it was not written out yet";
    for (size_t i = 0; i < COUNT_OF(strangers); i++)
        if (slice_starts_with(start, strangers[i].magic))
            return strangers[i].what;
    if (start.len < 4)
        return "is too short to be a capture";
    if (is_all_zero(start))
        return "begins with zeros, not like a capture: it was never written, or lost in a crash";
    if (is_text(start))
        return "looks like text, not like a capture (pcap or pcapng)";
    return "is no capture: neither pcap nor pcapng, nor one of them in gzip or zstd";
}
