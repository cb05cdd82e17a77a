/**
 * Metrics and spans for OpenTelemetry, whose API the application installs.
 *
 * @module
 */
import type { Attributes, Histogram, Meter, Tracer } from '@opentelemetry/api'
import { SpanKind, SpanStatusCode, metrics, trace } from '@opentelemetry/api'
import type { BffOptions } from './bff-options.ts'
import type { OnEvent } from './events/audit-log.ts'
import type { EndOperation, Operation } from './instrument.ts'

/** The options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** Creates the metrics; the global meter `@latchkey/bff` when absent. */
  meter?: Meter
  /** Creates the spans; the global tracer `@latchkey/bff` when absent. */
  tracer?: Tracer
  /** Labels of all metrics and spans, for example to tell several BFFs apart; none when absent. */
  attributes?: Attributes
  /** Receives the audit events as well, which are counted by type and reason. */
  onEvent?: OnEvent
}

/** The name of each histogram of seconds. */
const durationNames: Record<Operation['name'], string> = {
  sign_in: 'latchkey.sign_in.duration',
  refresh: 'latchkey.refresh.duration',
  token_request: 'latchkey.token_endpoint.duration',
  proxy_request: 'latchkey.proxy.duration',
  store_call: 'latchkey.store.duration',
}

const descriptions: Record<Operation['name'], string> = {
  sign_in: 'Sign-ins, with the requests to the authorization server and the waits of the throttle',
  refresh: 'Refreshes of sessions, with the waits for other processes',
  token_request: 'Requests to the token endpoint',
  proxy_request: 'Requests to the resource server, until the response begins',
  store_call: 'Calls of the session store',
}

/** Seconds: a call of a store in memory takes microseconds, a request at its time limit 30 seconds. */
const boundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Outcomes that an operator should look at. */
const failures = ['server_error', 'temporarily_unavailable', 'configuration_error', 'lost', 'failed', '5xx']

/**
 * Creates options of `createBff` that measure sign-ins, refreshes, and requests to the token endpoint, the resource server
 * and the store, and that count audit events. All but the count are histograms of seconds with an outcome; all but calls
 * of the store and events are spans as well. No label and no span contains a user, a session, a URL or a secret.
 *
 * @example
 *   createBff({ ...openTelemetry(), provider })
 */
export function openTelemetry(
  options: OpenTelemetryOptions = {},
): Required<Pick<BffOptions, 'instrument' | 'onEvent'>> {
  const {
    meter = metrics.getMeter('@latchkey/bff'),
    tracer = trace.getTracer('@latchkey/bff'),
    attributes,
  } = options
  const histograms = Object.fromEntries(
    Object.entries(durationNames).map(([operation, name]) => [operation, createHistogram(operation, name)]),
  ) as Record<Operation['name'], Histogram>

  const events = meter.createCounter('latchkey.events', { description: 'Audit events' })

  return {
    onEvent(event) {
      const reason = 'reason' in event ? event.reason : ''
      events.add(1, { ...attributes, type: event.type, reason })
      return options.onEvent?.(event)
    },
    instrument(operation, run) {
      const { name } = operation
      const labels = { ...attributes, ...getLabels(operation) }
      const startedAt = performance.now()
      const record = (outcome: string): void =>
        histograms[name].record((performance.now() - startedAt) / 1000, { ...labels, outcome })
      if (name === 'store_call') return run(record)
      const kind = name.endsWith('_request') ? SpanKind.CLIENT : SpanKind.INTERNAL
      return tracer.startActiveSpan(`latchkey.${name}`, { kind, attributes: labels }, (span) => {
        const end: EndOperation = (outcome) => {
          record(outcome)
          span.setAttribute('outcome', outcome)
          if (failures.includes(outcome)) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        }
        return run(end)
      })
    },
  }

  function createHistogram(operation: string, name: string): Histogram {
    return meter.createHistogram(name, {
      unit: 's',
      description: descriptions[operation as Operation['name']],
      advice: { explicitBucketBoundaries: boundaries },
    })
  }
}

function getLabels(operation: Operation): Attributes {
  switch (operation.name) {
    case 'sign_in':
    case 'refresh':
      return {}
    case 'token_request':
      return { grant: operation.grant }
    case 'proxy_request':
      return { route: operation.route }
    case 'store_call':
      return { method: operation.method }
  }
}
