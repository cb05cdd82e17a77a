import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { parser } from '@prometheus-io/lezer-promql'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openTelemetry } from '../src/opentelemetry.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createTestBff } from './support/browser.ts'
import { json, rotating } from './support/token-endpoint.ts'

const folder = join(import.meta.dirname, '../../../examples/operations')

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[]
}

interface AlertRules {
  groups: {
    rules: { alert: string; expr: string; annotations: { summary: string; description: string } }[]
  }[]
}

const { panels } = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as Dashboard
const { groups } = parse(readFileSync(join(folder, 'alerts.yml'), 'utf8')) as AlertRules
const rules = groups.flatMap((group) => group.rules)

const expressions: [name: string, expr: string][] = [
  // Grafana replaces its variable by a duration.
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }): [string, string] => [title, expr.replaceAll('$__rate_interval', '5m')]),
  ),
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
]

/** The parts of an expression of PromQL. */
function parseExpression(expr: string): { metrics: string[]; labels: string[]; errors: number } {
  const result = { metrics: [] as string[], labels: [] as string[], errors: 0 }
  parser.parse(expr).iterate({
    enter({ name, type, from, to, node }) {
      const text = expr.slice(from, to)
      if (type.isError) result.errors += 1
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') result.metrics.push(text)
      if (name === 'LabelName') result.labels.push(text)
    },
  })
  return result
}

/** The names and labels that Prometheus gets, from a BFF that has done everything once. */
async function exportMetrics(): Promise<string> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
  const issue = rotating()
  const { signIn, token, clock, bff, jar, endpoint } = createTestBff(issue, {
    ...openTelemetry({ meter }),
    provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal' }),
    proxy: [{ path: '/api/*', to: 'https://as.example.com/api/*', methods: ['GET'] }],
  })
  await signIn()
  await clock.pass(901)
  await token(1)
  endpoint.script(json({}))
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', Cookie: cookie }
  await bff.fetch(new Request('https://portal.example.com/api/items', { headers }))
  await reader.forceFlush()
  const [exported] = exporter.getMetrics()
  return new PrometheusSerializer().serialize(exported as Parameters<PrometheusSerializer['serialize']>[0])
}

let exported = ''
beforeAll(async () => void (exported = await exportMetrics()))

describe('the dashboard and the alert rules in examples/operations', () => {
  it.each(expressions)('use only metrics and labels that the BFF exports: %s', (_, expr) => {
    const { metrics, labels, errors } = parseExpression(expr)
    expect(errors).toBe(0)
    expect(metrics.length).toBeGreaterThan(0)
    for (const metric of metrics) {
      const series = exported.split('\n').filter((line) => line.startsWith(`${metric}{`))
      expect([metric, series.length > 0]).toEqual([metric, true])
      for (const label of labels) expect(series.join('\n')).toMatch(new RegExp(`[{,]${label}="`))
    }
  })

  it('show every metric', () => {
    const names = new Set(exported.match(/^latchkey_\w+(?=_count)/gm))
    expect(names.size).toBe(5)
    for (const name of names)
      expect(
        panels
          .flatMap(({ targets }) => targets)
          .map(({ expr }) => expr)
          .join(),
      ).toContain(name)
  })

  it('say for each alert what happened and what to do', () => {
    for (const { annotations } of rules) {
      expect(annotations.summary).toMatch(/^[^\n]{20,120}\.$/)
      expect(annotations.description.length).toBeGreaterThan(40)
    }
    expect(rules.map(({ alert }) => alert)).toEqual([...new Set(rules.map(({ alert }) => alert))])
  })
})
