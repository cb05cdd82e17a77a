import type { DataPoint, Histogram } from '@opentelemetry/sdk-metrics'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect } from 'vitest'
import { openTelemetry } from '../../src/opentelemetry.ts'

/** An SDK of OpenTelemetry that exports to memory. */
export function createTelemetry() {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 2 ** 30,
  })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  return {
    options: openTelemetry({
      meter: meterProvider.getMeter('test'),
      tracer: tracerProvider.getTracer('test'),
      attributes: { provider: 'oauth2' },
    }),
    spans,
    /** Returns the measured operations: the name, the labels without `provider`, and how often. */
    async readMetrics(name?: string): Promise<string[]> {
      await meterProvider.forceFlush()
      const [latest] = metricExporter.getMetrics().slice(-1)
      return (latest?.scopeMetrics ?? [])
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => name === undefined || descriptor.name === name)
        .flatMap(({ descriptor, dataPoints }) =>
          (dataPoints as DataPoint<Histogram | number>[]).map(
            ({ attributes: { provider, ...labels }, value }) => {
              const isCounter = typeof value === 'number'
              expect([provider, descriptor.unit]).toEqual(['oauth2', isCounter ? '' : 's'])
              return `${descriptor.name} ${Object.values(labels).join(' ')} ${isCounter ? value : value.count}`
            },
          ),
        )
    },
    /** Returns all that a backend gets. */
    readAll: async (): Promise<string> => {
      await meterProvider.forceFlush()
      const finished = spans
        .getFinishedSpans()
        .map(({ name, attributes, status, events, links }) => ({ name, attributes, status, events, links }))
      return JSON.stringify([metricExporter.getMetrics().map(({ scopeMetrics }) => scopeMetrics), finished])
    },
  }
}
