// A resource server: oauth4webapi validates an access token by RFC 9068 §4.
import * as oauth from 'oauth4webapi'
import { hear, tell } from './service.js'

const { issuer, audience, access_token } = await hear()
const insecure = { [oauth.allowInsecureRequests]: true } // plain http on this machine
const response = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(new URL(issuer), response)
const request = new Request(audience, { headers: { authorization: `Bearer ${access_token}` } })
tell(await oauth.validateJwtAccessToken(server, request, audience, insecure))
