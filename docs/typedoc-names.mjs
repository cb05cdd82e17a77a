import { Converter, ReflectionKind } from 'typedoc'

/** The import paths of entry points whose file does not say it. */
const importPaths = new Map([
  ['bff/src/stores/embedded-store', '@latchkey/bff/embedded'],
  ['bff/src/opentelemetry', '@latchkey/bff/opentelemetry'],
  ['bff/src/stores/postgres-store', '@latchkey/bff/postgres'],
  ['bff/src/stores/redis-store', '@latchkey/bff/redis'],
  ['bff/src/testing/store-contract', '@latchkey/bff/testing'],
  ['create-latchkey/src', 'create-latchkey'],
])

/**
 * A typedoc plugin that names each module as users import it: `@latchkey/core/testing`, not `core/src/testing`.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return
    reflection.name = importPaths.get(reflection.name) ?? `@latchkey/${reflection.name.replace('/src', '')}`
  })
}
