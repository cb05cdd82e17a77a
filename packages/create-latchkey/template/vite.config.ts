import { latchkey } from '@latchkey/bff/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({ plugins: [react(), latchkey({ entry: './server/auth.ts' })] })
