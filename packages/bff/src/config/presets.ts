import type { ProviderDescription } from '../description/provider-description.ts'
import type { OptionIssue } from '../option-issues.ts'
import type { PresetOptions } from '../providers/option-values.ts'
import { auth0, auth0Options } from '../providers/auth0.ts'
import { axosoft, axosoftOptions } from '../providers/axosoft.ts'
import { azureV1, azureV1Options } from '../providers/azure-v1.ts'
import { brightPattern, brightPatternOptions } from '../providers/bright-pattern.ts'
import { classSuper, classSuperOptions } from '../providers/class-super.ts'
import { classy, classyOptions } from '../providers/classy.ts'
import { djangoOAuthToolkit, djangoOAuthToolkitOptions } from '../providers/django-oauth-toolkit.ts'
import { doorkeeper, doorkeeperOptions } from '../providers/doorkeeper.ts'
import { fusionAuth, fusionAuthOptions } from '../providers/fusion-auth.ts'
import { glewlwyd, glewlwydOptions } from '../providers/glewlwyd.ts'
import { jamf, jamfOptions } from '../providers/jamf.ts'
import { keycloak, keycloakOptions } from '../providers/keycloak.ts'
import { laravelPassport, laravelPassportOptions } from '../providers/laravel-passport.ts'
import { netatmo, netatmoOptions } from '../providers/netatmo.ts'
import { oauth2, oauth2Options } from '../providers/oauth2.ts'
import { podio, podioOptions } from '../providers/podio.ts'
import { reddit, redditOptions } from '../providers/reddit.ts'
import { salesforce, salesforceOptions } from '../providers/salesforce.ts'
import { sugarCrm, sugarCrmOptions } from '../providers/sugar-crm.ts'
import { wso2, wso2Options } from '../providers/wso2.ts'

/** A preset, for options that come from JSON. */
export interface Preset {
  /** The names of its options. */
  options: string[]
  /** Finds every option that is missing, unknown or not valid. */
  findIssues(options: Record<string, unknown>): OptionIssue[]
  /** @throws BffError `server_error` when {@link findIssues} finds any */
  createDescription(options: Record<string, unknown>): ProviderDescription
}

/** Every preset, by its name. */
export const presets: Record<string, Preset> = {
  auth0: createPreset(auth0, auth0Options),
  axosoft: createPreset(axosoft, axosoftOptions),
  azureV1: createPreset(azureV1, azureV1Options),
  brightPattern: createPreset(brightPattern, brightPatternOptions),
  classSuper: createPreset(classSuper, classSuperOptions),
  classy: createPreset(classy, classyOptions),
  djangoOAuthToolkit: createPreset(djangoOAuthToolkit, djangoOAuthToolkitOptions),
  doorkeeper: createPreset(doorkeeper, doorkeeperOptions),
  fusionAuth: createPreset(fusionAuth, fusionAuthOptions),
  glewlwyd: createPreset(glewlwyd, glewlwydOptions),
  jamf: createPreset(jamf, jamfOptions),
  keycloak: createPreset(keycloak, keycloakOptions),
  laravelPassport: createPreset(laravelPassport, laravelPassportOptions),
  netatmo: createPreset(netatmo, netatmoOptions),
  oauth2: createPreset(oauth2, oauth2Options),
  podio: createPreset(podio, podioOptions),
  reddit: createPreset(reddit, redditOptions),
  salesforce: createPreset(salesforce, salesforceOptions),
  sugarCrm: createPreset(sugarCrm, sugarCrmOptions),
  wso2: createPreset(wso2, wso2Options),
}

function createPreset<O>(
  describeProvider: (options: O) => ProviderDescription,
  { names, tryParse }: PresetOptions<O>,
): Preset {
  return {
    options: names,
    findIssues: (options) => tryParse(options).issues ?? [],
    createDescription: (options) => describeProvider(options as O),
  }
}
