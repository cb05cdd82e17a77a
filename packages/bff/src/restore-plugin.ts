import { createHash } from 'node:crypto'
import type { HtmlTagDescriptor, IndexHtmlTransformContext, Plugin } from 'vite'
import { createRestoreScript } from './restore-script.ts'

/**
 * Creates the plugin of Vite that inserts the script of {@link createRestoreScript} into every HTML page. In development it
 * is always inline, as the scripts of other plugins are.
 *
 * @param placement how the HTML contains the script; `false` for not at all
 */
export function createRestorePlugin(
  basePath: string | readonly string[] | undefined,
  placement: 'inline' | 'file' | false,
): Plugin {
  const { code } = createRestoreScript({ basePath })
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 8)
  let fileName = ''
  let base = ''
  let isFileUsed = false

  return {
    name: 'latchkey:restore',
    configResolved(config) {
      fileName = `${config.build.assetsDir}/restore-${hash}.js`
      base = config.base
    },
    transformIndexHtml(_, { path, server }: IndexHtmlTransformContext) {
      if (placement === false) return undefined
      const tag: HtmlTagDescriptor = { tag: 'script', injectTo: 'head-prepend' }
      if (placement === 'inline' || server) return [{ ...tag, children: code }]
      isFileUsed = true
      // Neither `async`, because it must not run after the application, nor `defer`, which waits for style sheets.
      // A relative base is relative to the page, which may be in a folder.
      const prefix =
        /^\.?\/?$/.test(base) && base !== '/' ? '../'.repeat(path.split('/').length - 2) || './' : base
      return [{ ...tag, attrs: { src: prefix + fileName } }]
    },
    generateBundle: {
      order: 'post',
      handler() {
        if (isFileUsed) this.emitFile({ type: 'asset', fileName, source: code })
      },
    },
  }
}
