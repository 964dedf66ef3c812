/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: nDPI, and how its interface changed. It is the only one that includes its
 * headers. Built and run with 4.2; the other branches follow the headers of those releases:
 *
 *   4.6    process_packet takes what the caller knows of the flow (NULL: nothing)
 *   4.10   init takes a global context in place of flags; settings are text; giveup has no flag for
 *          guessing any more
 *   5.0    all protocols are enabled from the start; the two protocols lie in .proto; the result
 * says whether more packets are wanted; giveup no longer says that it guessed 6.0    init takes the
 * licence that the library is used under
 */

#include "decode/identify.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// nDPI's headers want the types of BSD; ndpi_api.h alone is not complete
#include <sys/types.h>

#include <ndpi_api.h>
#include <ndpi_main.h>

#include "base/alloc.h"
#include "decode/limits.h"

#define NDPI_AT_LEAST(major, minor)                                                                \
    (NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

struct identifier {
    struct ndpi_detection_module_struct *module; /* NULL until the first packet is shown */
};

struct identified_flow {
    uint32_t shown; /* packets */
    struct ndpi_flow_struct ndpi;
};

/* nDPI's result, in every version the same. */
struct verdict {
    uint16_t master, app;
    bool is_final; /* nDPI wants no more packets */
};

static struct ndpi_detection_module_struct *module_init(void)
{
#if NDPI_AT_LEAST(6, 0)
    return ndpi_init_detection_module(NULL, NDPI_LICENSE_NOT_FOR_PROFIT_LGPL);
#elif NDPI_AT_LEAST(4, 10)
    return ndpi_init_detection_module(NULL);
#else
    return ndpi_init_detection_module(ndpi_dont_load_tor_hosts);
#endif
}

/* Everything nDPI knows is looked for, but nothing that comes from lists of addresses. */
static void module_configure(struct ndpi_detection_module_struct *module)
{
#if NDPI_AT_LEAST(4, 10)
    ndpi_set_config(module, NULL, "dpi.guess_on_giveup", "0");
#endif
#if !NDPI_AT_LEAST(5, 0)
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(module, &all);
#endif
    (void)ndpi_finalize_initialization(module);
}

static struct ndpi_detection_module_struct *module_of(struct identifier *id)
{
    if (!id->module) {
        id->module = module_init();
        if (!id->module)
            abort(); /* it is out of memory, which it does not say */
        module_configure(id->module);
    }
    return id->module;
}

static struct verdict verdict_of(struct identifier *id, struct identified_flow *flow,
                                 const ndpi_protocol *protocol)
{
#if NDPI_AT_LEAST(5, 0)
    (void)id;
    (void)flow;
    return (struct verdict){
        .master = protocol->proto.master_protocol,
        .app = protocol->proto.app_protocol,
        .is_final =
            protocol->state == NDPI_STATE_CLASSIFIED || protocol->state == NDPI_STATE_MONITORING,
    };
#else
    return (struct verdict){
        .master = protocol->master_protocol,
        .app = protocol->app_protocol,
        .is_final = protocol->app_protocol != NDPI_PROTOCOL_UNKNOWN &&
                    !ndpi_extra_dissection_possible(id->module, &flow->ndpi),
    };
#endif
}

static struct verdict show(struct identifier *id, struct identified_flow *flow, struct slice ip,
                           int64_t time_ns)
{
    struct ndpi_detection_module_struct *module = module_of(id);
    uint16_t length = (uint16_t)(ip.len < UINT16_MAX ? ip.len : UINT16_MAX);
    uint64_t time_ms = time_ns > 0 ? (uint64_t)time_ns / 1000000 : 0;
#if NDPI_AT_LEAST(4, 6)
    ndpi_protocol protocol =
        ndpi_detection_process_packet(module, &flow->ndpi, ip.at, length, time_ms, NULL);
#else
    ndpi_protocol protocol =
        ndpi_detection_process_packet(module, &flow->ndpi, ip.at, length, time_ms);
#endif
    return verdict_of(id, flow, &protocol);
}

static struct verdict give_up(struct identifier *id, struct identified_flow *flow)
{
    struct ndpi_detection_module_struct *module = module_of(id);
#if NDPI_AT_LEAST(5, 0)
    ndpi_protocol protocol = ndpi_detection_giveup(module, &flow->ndpi);
#elif NDPI_AT_LEAST(4, 10)
    uint8_t guessed;
    ndpi_protocol protocol = ndpi_detection_giveup(module, &flow->ndpi, &guessed);
#else
    uint8_t guessed;
    ndpi_protocol protocol = ndpi_detection_giveup(module, &flow->ndpi, 0, &guessed);
#endif
    return verdict_of(id, flow, &protocol);
}

static bool is_either(struct verdict verdict, uint16_t protocol)
{
    return verdict.master == protocol || verdict.app == protocol;
}

/* nDPI keeps names of other kinds in the same place: of a DNS question, of a DHCP client. */
static void fill_server_name(const struct ndpi_flow_struct *flow, struct identity *result)
{
    const char *name = flow->host_server_name;
    size_t length = strnlen(name, sizeof flow->host_server_name);

    if (!result->is_tls && !result->is_quic && !result->is_http)
        return;
    if (length >= sizeof result->server_name)
        length = sizeof result->server_name - 1;
    memcpy(result->server_name, name, length);
}

static void fill(struct identifier *id, const struct identified_flow *flow, struct verdict verdict,
                 struct identity *result)
{
    memset(result, 0, sizeof *result);
    result->protocol =
        ndpi_get_proto_name(id->module, verdict.master ? verdict.master : verdict.app);
    result->is_tls = is_either(verdict, NDPI_PROTOCOL_TLS);
    result->is_quic = is_either(verdict, NDPI_PROTOCOL_QUIC);
    result->is_http = is_either(verdict, NDPI_PROTOCOL_HTTP);
    fill_server_name(&flow->ndpi, result);
}

struct identifier *identifier_new(void)
{
    assert(ndpi_detection_get_sizeof_ndpi_flow_struct() == sizeof(struct ndpi_flow_struct));
    return xcalloc(1, sizeof(struct identifier));
}

void identifier_free(struct identifier *id)
{
    if (!id)
        return;
    if (id->module)
        ndpi_exit_detection_module(id->module);
    free(id);
}

struct identified_flow *identifier_begin(struct identifier *id)
{
    (void)id;
    return xcalloc(1, sizeof(struct identified_flow));
}

bool identifier_packet(struct identifier *id, struct identified_flow *flow, struct slice ip,
                       int64_t time_ns, struct identity *result)
{
    struct verdict verdict = show(id, flow, ip, time_ns);
    if (verdict.is_final) {
        fill(id, flow, verdict, result);
        return true;
    }
    if (++flow->shown < LIMIT_IDENTIFY_PACKETS)
        return false;
    identifier_give_up(id, flow, result);
    return true;
}

void identifier_give_up(struct identifier *id, struct identified_flow *flow,
                        struct identity *result)
{
    fill(id, flow, give_up(id, flow), result);
}

void identifier_end(struct identifier *id, struct identified_flow *flow)
{
    (void)id;
    if (!flow)
        return;
    ndpi_free_flow_data(&flow->ndpi);
    free(flow);
}
