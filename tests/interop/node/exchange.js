// Token exchange (RFC 8693): an access token that somebody else got, for one to act with.
import * as client from 'openid-client'
import { discover, hear, tell } from './service.js'

const service = await hear()
const config = await discover(service)
const type = 'urn:ietf:params:oauth:token-type:access_token'
tell(
  await client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: service.subject_token,
    subject_token_type: type,
    requested_token_type: type,
    audience: service.audience,
    scope: service.scope,
  }),
)
