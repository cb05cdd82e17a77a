import { memoryStore } from '../src/index.ts'
import { describeStore } from './store.contract.ts'

describeStore('memoryStore', (now) => memoryStore({ now }))
