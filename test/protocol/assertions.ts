/** A requirement for an OAuth 2.0 client or for a back end of a browser application. */
export interface Assertion {
  /** The titles of its tests begin with this number. Numbers are never reused. */
  number: number
  sentence: string
  /** Where the requirement comes from; `hardening` if no specification contains it. */
  reference: string
  /** Why it does not apply to Latchkey. Then it has no tests. */
  notApplicable?: string
  /** What is missing before Latchkey meets it. Then it has no tests either. */
  missing?: string
}

/** Requirements under one heading. */
export interface Group {
  title: string
  assertions: Assertion[]
}

const browserApps = 'OAuth 2.0 for Browser-Based Applications'

/** All requirements, in the order of their numbers. */
export const groups: Group[] = [
  {
    title: 'Token request',
    assertions: [
      {
        number: 1,
        sentence:
          'The client MUST use POST for token requests. Latchkey uses GET only if a description says so.',
        reference: 'RFC 6749 §3.2',
      },
      {
        number: 2,
        sentence: 'A token request has a form-encoded body in UTF-8.',
        reference: 'RFC 6749 §4.3.2, appendix B',
      },
      {
        number: 3,
        sentence:
          'With Basic, client id and secret are form-encoded before they are joined. A description can choose the unencoded pair.',
        reference: 'RFC 6749 §2.3.1, appendix B',
      },
      {
        number: 4,
        sentence: 'The client MUST NOT use more than one authentication method in a request.',
        reference: 'RFC 6749 §2.3, §5.2',
      },
      {
        number: 5,
        sentence:
          'Client id and secret MUST NOT be in the URL. Latchkey writes them there only if the grant of a description says `query`.',
        reference: 'RFC 6749 §2.3.1',
      },
      {
        number: 6,
        sentence:
          'The query of the token endpoint MUST be kept. Its URL MUST NOT contain a fragment, which Latchkey rejects at start-up.',
        reference: 'RFC 6749 §3.2',
      },
      {
        number: 7,
        sentence:
          'A parameter MUST NOT be sent more than once. Neither a page nor a description can add a parameter that the grant already sends.',
        reference: 'RFC 6749 §3.2, RFC 8707 §2',
      },
      {
        number: 8,
        sentence:
          'Empty parameters are omitted. The BFF rejects an empty username or password before it sends a request.',
        reference: 'RFC 6749 §3.2',
      },
      {
        number: 9,
        sentence: 'Endpoints MUST use TLS. Latchkey accepts plain http only on loopback hosts.',
        reference: 'RFC 6749 §1.6, §3.2, RFC 6750 §5.3',
      },
      {
        number: 10,
        sentence:
          'A password grant request contains `grant_type`, `username` and `password`, which are REQUIRED, an OPTIONAL `scope`, the client authentication and the parameters of the description, and nothing else.',
        reference: 'RFC 6749 §4.3.2',
      },
      {
        number: 11,
        sentence:
          'Username and password are sent byte for byte in UTF-8. Line breaks and unpaired surrogates, which RFC 6749 does not allow, are rejected before a request is sent.',
        reference: 'RFC 6749 appendices A.15, A.16 and B',
      },
      {
        number: 12,
        sentence:
          'The client credentials grant MUST only be used by confidential clients. Browsers receive neither a client secret nor code that uses one.',
        reference: 'RFC 6749 §4.4',
      },
      {
        number: 13,
        sentence:
          'A refresh request sends the refresh token. Its scope MUST NOT exceed the granted scope: Latchkey sends none.',
        reference: 'RFC 6749 §6',
      },
      {
        number: 14,
        sentence:
          'Scope values are joined by one space. A value with characters that RFC 6749 does not allow is a configuration error. A scope without values is omitted.',
        reference: 'RFC 6749 §3.3, appendix A.4',
      },
      {
        number: 15,
        sentence: 'Scope values are case-sensitive, and their order does not matter.',
        reference: 'RFC 6749 §3.3',
      },
      {
        number: 16,
        sentence:
          'Token requests ask for JSON and follow no redirect, which could send the password to another server.',
        reference: 'hardening; compare RFC 9700 §4.12',
      },
      {
        number: 17,
        sentence: 'Token requests have a time limit, and responses a size limit far above a token of 16 kB.',
        reference: 'RFC 6749 §5.1',
      },
    ],
  },
  {
    title: 'Success response',
    assertions: [
      {
        number: 18,
        sentence: 'JSON is accepted with any charset. A 200 without an access token is a `server_error`.',
        reference: 'RFC 6749 §5.1',
      },
      { number: 19, sentence: 'The token type is case-insensitive.', reference: 'RFC 6749 §5.1' },
      {
        number: 20,
        sentence: 'The client MUST NOT use a token whose type it does not understand.',
        reference: 'RFC 6749 §7.1, RFC 9449 §5',
      },
      {
        number: 21,
        sentence:
          '`token_type` is REQUIRED. A token without a type is rejected, unless the description has a default.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 22,
        sentence:
          'The client MUST ignore unknown members. `__proto__` and `constructor` cause no harm, and further members are kept only if the description lists them.',
        reference: 'RFC 6749 §5.1; hardening',
      },
      {
        number: 23,
        sentence:
          'The lifetime of a token is measured from the moment when its request was sent. The page measures it on a monotonic clock.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 24,
        sentence:
          '`expires_in` consists of digits, as a number or as text. Any other value is an unknown lifetime, and 0 means that the token has expired.',
        reference: 'RFC 6749 appendix A.14',
      },
      {
        number: 25,
        sentence:
          'Without `expires_in`, the lifetime of the description applies. If there is none either, no timer is set, and the token is refreshed after a 401.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 26,
        sentence: 'A token of 30 days or a year overflows no timer. It is refreshed once, when it is due.',
        reference: 'hardening',
      },
      {
        number: 27,
        sentence:
          'A token whose lifetime is not longer than the refresh margin is refreshed near its expiry, at a bounded rate.',
        reference: 'hardening',
      },
      {
        number: 28,
        sentence:
          'The scope of the response applies, even if it is smaller. Without one, the requested scope applies, or at a refresh the scope of the session.',
        reference: 'RFC 6749 §3.3, §5.1, §6',
      },
      {
        number: 29,
        sentence: 'If a refresh returns no refresh token, the current one stays in use.',
        reference: 'RFC 6749 §5.1, §6',
      },
      {
        number: 30,
        sentence:
          'If a refresh returns a refresh token, the client MUST discard the old one. Latchkey replaces it in one step and never uses it again, in any process.',
        reference: 'RFC 6749 §6, RFC 9700 §4.14.2',
      },
      {
        number: 31,
        sentence:
          'The response to a client credentials grant SHOULD NOT contain a refresh token. Latchkey uses one only if the description says so, and reissues the access token when it is rejected.',
        reference: 'RFC 6749 §4.4.3',
      },
      {
        number: 32,
        sentence:
          'An access token consists of visible ASCII characters. A token with other characters is rejected and reaches no header.',
        reference: 'RFC 6749 appendix A.12, RFC 6750 §2.1',
      },
    ],
  },
  {
    title: 'Errors',
    assertions: [
      {
        number: 33,
        sentence:
          'An error response becomes one typed error. The log contains its status, and its code if it is a known one. The page receives no text from the server. An unknown code does not end a session.',
        reference: 'RFC 6749 §5.2, §8.5',
      },
      {
        number: 34,
        sentence:
          '401 `invalid_client` with a Basic challenge is a rejected client. The challenge is not passed on: it would open the browser’s own password dialog.',
        reference: 'RFC 6749 §5.2; hardening',
      },
      {
        number: 35,
        sentence:
          'A rejected client and a rejected user are distinguished, with 400 and with 401. A description can map other responses.',
        reference: 'RFC 6749 §5.2',
      },
      {
        number: 36,
        sentence:
          'At a sign-in, `invalid_grant` is a wrong password, and the request is not repeated. At a refresh, the refresh token is discarded, and the session ends or the token is reissued.',
        reference: `RFC 6749 §5.2, RFC 9700 §4.14.2, ${browserApps} §6.1.2.2`,
      },
      {
        number: 37,
        sentence:
          'The other error codes of RFC 6749 are configuration errors. The refresh token stays in use.',
        reference: 'RFC 6749 §5.2',
      },
      {
        number: 38,
        sentence:
          'Network failures, timeouts, 5xx and 429 are temporary: session and token stay in use, retries back off with jitter, and `Retry-After` or the header that a description names is obeyed.',
        reference: 'hardening; RFC 9110 §10.2.3',
      },
      {
        number: 39,
        sentence:
          'A body that is not a JSON object is an error. None of its content reaches the page or the log.',
        reference: 'hardening',
      },
      {
        number: 40,
        sentence: 'An `error` may have any JSON type. No `error_description` reaches the page or the log.',
        reference: 'RFC 6749 §5.2',
      },
      {
        number: 41,
        sentence: 'A 200 with an error and without a token is a failure.',
        reference: 'hardening; some servers respond this way',
      },
    ],
  },
  {
    title: 'Refresh',
    assertions: [
      {
        number: 42,
        sentence:
          'All callers, tabs and processes of a session that need a token at the same time cause one refresh request.',
        reference: 'RFC 9700 §4.14.2',
      },
      {
        number: 43,
        sentence: 'Refresh tokens MUST be kept confidential. They never leave the server.',
        reference: `RFC 6749 §10.4, ${browserApps} §6.2.4.2`,
      },
      {
        number: 44,
        sentence: 'When a refresh fails temporarily, the current token stays usable until it expires.',
        reference: 'hardening',
      },
      {
        number: 45,
        sentence:
          'After a sleep or a change of the clock, the page checks its token when it becomes visible, gets the focus or goes online.',
        reference: 'hardening',
      },
      {
        number: 46,
        sentence: 'The result of a refresh is dropped after a sign-out or another sign-in.',
        reference: 'hardening',
      },
      {
        number: 47,
        sentence:
          'The client MUST discard the password once it has a token. Without a refresh token, the user must sign in again when the token expires.',
        reference: 'RFC 6749 §4.3.1',
      },
      {
        number: 48,
        sentence:
          'A machine token is reissued with the configured scope before it expires, and sessions continue.',
        reference: 'RFC 6749 §4.4.2',
      },
      {
        number: 49,
        sentence: 'A session SHOULD end when its refresh token expires, if that time is known.',
        reference: `${browserApps} §6.1.2.2`,
      },
    ],
  },
  {
    title: 'Bearer use',
    assertions: [
      {
        number: 50,
        sentence:
          'The header consists of the scheme as the description spells it, one space and the token, whatever the case of `token_type`.',
        reference: 'RFC 6750 §2.1',
      },
      {
        number: 51,
        sentence: 'A token MUST NOT be sent in more than one place of a request.',
        reference: 'RFC 6750 §2',
      },
      {
        number: 52,
        sentence:
          'A token MUST NOT be sent in the URL. If a description requires it, the response has `Cache-Control: no-store`.',
        reference: 'RFC 6750 §2.3, RFC 9700 §4.3.2',
      },
      {
        number: 53,
        sentence:
          'Tokens MUST NOT leak to other parties: they are sent only to allowed origins and paths. Redirects, `//host`, backslashes, `@`, `..` and encoded forms lead nowhere else.',
        reference: `RFC 6750 §5.2, §5.3, RFC 9700 §4.9.1, ${browserApps} §6.1.3.6`,
      },
      {
        number: 54,
        sentence: 'A request with its own `Authorization` header is sent unchanged.',
        reference: 'hardening',
      },
      {
        number: 55,
        sentence: 'A 401 causes at most one refresh and one retry. A second 401 is returned unchanged.',
        reference: 'RFC 6750 §3.1',
      },
      {
        number: 56,
        sentence:
          'A 401 for a token that has been replaced in the meantime causes a retry with the current token, without a refresh.',
        reference: 'hardening',
      },
      {
        number: 57,
        sentence:
          'The error is found among several challenges, quoted or escaped, in any case, and next to a token68. A malformed header causes no harm.',
        reference: 'RFC 6750 §3, RFC 9110 §11.6.1',
      },
      {
        number: 58,
        sentence:
          'After `invalid_token`, the client MAY get a new token and retry: Latchkey does. After `insufficient_scope` and `invalid_request` it does not, and the caller can read the required scope.',
        reference: 'RFC 6750 §3.1',
      },
      {
        number: 59,
        sentence: 'A 401 without an error code causes one refresh if the request contained a token.',
        reference: 'RFC 6750 §3.1',
      },
      {
        number: 60,
        sentence:
          'A body that can be read once is sent once, a `Request` is cloned before use, and the caller can abort at any time.',
        reference: 'hardening',
      },
      {
        number: 61,
        sentence: 'Without a session, a request is rejected, and no token is requested.',
        reference: 'hardening',
      },
    ],
  },
  {
    title: 'Back end for the browser',
    assertions: [
      {
        number: 62,
        sentence:
          'A response with tokens MUST have `Cache-Control: no-store`. All responses about sessions have it, whatever the authorization server allows.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 63,
        sentence:
          'The cookie MUST be Secure and HttpOnly. It SHOULD have SameSite=Strict, the path /, no Domain and a name with a `__Host-` prefix.',
        reference: `${browserApps} §6.1.3.2`,
      },
      {
        number: 64,
        sentence:
          'A session is sealed with authenticated encryption. A cookie that was changed, or belongs to another key, counts as no cookie and causes no error.',
        reference: `${browserApps} §6.1.3.2`,
      },
      {
        number: 65,
        sentence:
          'The BFF MUST defend against CSRF: every endpoint requires the static header, and checks Origin and Sec-Fetch-Site if they are present. Other requests get 403.',
        reference: `${browserApps} §6.1.3.3, §6.2.3.3`,
      },
      {
        number: 66,
        sentence: 'The BFF sends no CORS header to any origin.',
        reference: `${browserApps} §6.1.3.3.2`,
      },
      {
        number: 67,
        sentence:
          'A sign-in creates a new session id, and a sign-out ends it. An id that an attacker planted is never accepted.',
        reference: 'hardening',
      },
      {
        number: 68,
        sentence:
          'The authorization server MUST protect the token endpoint against brute force. The BFF throttles sign-ins too, by account and by address, with 429 and `Retry-After`.',
        reference: 'RFC 6749 §4.3.2, §10.10',
      },
      {
        number: 69,
        sentence:
          'The password is in no log, error, URL, cookie or store, even if the authorization server fails or repeats it.',
        reference: 'RFC 6749 §4.3.1, §10.7',
      },
      {
        number: 70,
        sentence: 'A sign-in is a POST. Credentials in the query are rejected and not repeated.',
        reference: 'hardening',
      },
      {
        number: 71,
        sentence:
          'The proxy MUST forward only to an explicit list of hosts and paths, and Latchkey lists methods too. It replaces the page’s Cookie and Authorization by the token, and removes hop-by-hop headers and the response’s Set-Cookie.',
        reference: `${browserApps} §6.1.1, §6.1.3.6`,
      },
      {
        number: 72,
        sentence:
          'A page can request only allowed scopes. A token with a wider scope SHOULD NOT be returned for a narrower request.',
        reference: `${browserApps} §6.2.2.3, RFC 9700 §2.3`,
      },
      {
        number: 73,
        sentence: 'A session request without a cookie gets 200 and a null session.',
        reference: `${browserApps} §6.1.2.1`,
      },
      {
        number: 74,
        sentence:
          'A sign-out ends the session even if revocation fails. The response is 204, never a redirect with 307.',
        reference: 'RFC 7009 §2.2, RFC 9700 §4.12',
      },
      { number: 75, sentence: 'A 401 from the BFF contains no Basic challenge.', reference: 'hardening' },
    ],
  },
  {
    title: 'Metadata, revocation and extensions',
    assertions: [
      {
        number: 76,
        sentence:
          'A discovery document whose issuer is not identical to the configured one MUST NOT be used.',
        reference: 'RFC 8414 §3.3, OpenID Connect Discovery 1.0 §4.3',
      },
      {
        number: 77,
        sentence:
          'For RFC 8414, the well-known path is inserted between host and path. For OpenID Connect, it is appended to the path without its trailing slash.',
        reference: 'RFC 8414 §3.1, §5, OpenID Connect Discovery 1.0 §4',
      },
      {
        number: 78,
        sentence:
          'A document is rejected if its token endpoint is missing, lacks TLS or is on a loopback host.',
        reference: 'RFC 8414 §2; hardening',
      },
      {
        number: 79,
        sentence:
          'If a document names no client authentication method, the default is Basic. A description can choose another one.',
        reference: 'RFC 8414 §2',
      },
      {
        number: 80,
        sentence: 'If a document does not list the grant, Latchkey logs a warning and tries the grant.',
        reference: 'RFC 8414 §2',
      },
      {
        number: 81,
        sentence:
          'A document is cached, and requested once at a time. While it cannot be fetched, the last valid one or the fallback endpoint is used.',
        reference: 'hardening',
      },
      {
        number: 82,
        sentence:
          'A revocation is a form POST with client authentication, token and hint. The token is the refresh token if there is one. A 200 is a success with any body. After a 503 the token counts as valid, and `Retry-After` is obeyed. An unsupported token type causes no harm.',
        reference: 'RFC 7009 §2.1, §2.2, §2.2.1',
      },
      {
        number: 83,
        sentence:
          'Introspection is a POST, and `active: false` means an invalid token, whatever the other members say.',
        reference: 'RFC 7662 §2.1, §2.2, §4',
        notApplicable:
          'Resource servers use introspection to check the tokens of requests. The BFF gets its tokens from the authorization server and calls no introspection endpoint.',
      },
      {
        number: 84,
        sentence:
          'The `resource` of a description is sent unchanged, and `invalid_target` is logged by its name.',
        reference: 'RFC 8707 §2',
      },
      {
        number: 85,
        sentence: 'A server that requires DPoP is reported as unsupported. No weaker token is used instead.',
        reference: 'RFC 9449 §5, §8',
      },
    ],
  },
]
