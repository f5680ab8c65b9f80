import { Refusal } from '../api/client';
import { approve, askedAgain, beginCredential, extendCredential, listDevice, registerCertificate, registerClient, resumeDevice } from './devices';
import { admitNetwork, beginKey, extendKey, loosenPattern, raiseKey, raiseRate, resumeKey } from './keys';
import type { Outcome, Plan, Story } from './mend';
import { longerJWT, openProfile, raiseProfile, replaceCertificate, rotateAny, rotateSame, softRevocation } from './profiles';

// The reasons about which something can be done here. For all others the device has to change, or somebody has to find out more.
const plans: Record<string, Plan> = {
  'provision-disabled': openProfile,
  'provision-key-not-yet-valid': beginKey,
  'provision-key-expired': extendKey,
  'provision-key-suspended': resumeKey,
  'provision-key-exhausted': raiseKey,
  'provision-key-network': admitNetwork,
  'provision-pending': approve,
  'provision-rejected': approve,
  'device-name-pattern': loosenPattern,
  'device-name-taken': askedAgain,
  'device-already-provisioned': askedAgain,
  'device-not-listed': listDevice,
  'profile-exhausted': raiseProfile,
  'rotation-refused': rotateSame,
  'rotation-kind-refused': rotateAny,
  'certificate-unknown': registerCertificate,
  'certificate-renewal-refused': replaceCertificate,
  'revocation-unknown': softRevocation,
  'client-id-unknown': registerClient,
  'jwt-lifetime-too-long': longerJWT,
  'device-suspended': resumeDevice,
  'credential-expired': extendCredential,
  'credential-not-yet-valid': beginCredential,
  'rate-limited': raiseRate,
};

// isMendable tells whether there may be something to be done about a reason.
export function isMendable(reason: string | undefined): boolean {
  return reason !== undefined && reason in plans;
}

// mendsOf returns what can be done about an attempt, as things stand now. What is gone cannot be mended.
export async function mendsOf(story: Story): Promise<Outcome> {
  try {
    return (await plans[story.reason ?? '']?.(story)) ?? [];
  } catch (error) {
    if (error instanceof Refusal && error.problem.status === 404) {
      return [];
    }
    throw error;
  }
}
