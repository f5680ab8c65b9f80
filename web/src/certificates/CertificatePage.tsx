import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Copied } from '../parts/Copied';
import { Facts } from '../parts/Facts';
import { Rows } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { When } from '../parts/When';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { fileName } from './files';
import { Path } from './Path';
import { PEMText } from './PEMText';
import { certificateQuery, useSigners, type Whole } from './queries';
import { reasonText } from './reasons';
import { Renew } from './Renew';
import { RevokeCertificate } from './RevokeCertificate';
import { State } from './State';
import { words } from './words';
import { certificatesIn } from './x509';

const route = getRouteApi('/shell/certificates/issued/$serial');

export function CertificatePage() {
  const w = useWords(words);
  const { serial } = route.useParams();
  const { data: c, error, refetch } = useQuery(certificateQuery(serial));
  const may = useMay('operator');
  return (
    <Page title={c?.subject ?? w.certificate} back={{ to: '/certificates', label: w.issued }} about={c && <State of={c} />} act={c && may && <Acts of={c} />}>
      <Refused error={error} again={() => void refetch()} />
      {!error && !c && <Rows />}
      {c && (
        <>
          <Panel title={w.facts}>
            <WhatItIs of={c} />
          </Panel>
          <Panel title={w.chain}>
            <Path text={c.pem + c.chain} />
          </Panel>
          <Panel title={w.texts}>
            <PEMText label={w.withChain} file={`${fileName(c.subject)}.pem`} text={c.pem + c.chain} />
          </Panel>
        </>
      )}
    </Page>
  );
}

function WhatItIs({ of: c }: { of: Whole }) {
  const w = useWords(words);
  const signer = useSigners().get(c.authority);
  const [text] = certificatesIn(c.pem);
  return (
    <Facts
      all={[
        [
          w.device,
          c.device ? (
            <Link to="/devices/$name" params={{ name: c.device }} search={{ part: 'credentials' }}>
              {c.device}
            </Link>
          ) : (
            w.nobody
          ),
        ],
        [w.revokedAt, c.revokedAt && <When at={c.revokedAt} />],
        [w.revokedWhy, c.reason && reasonText(w, c.reason)],
        [w.validFrom, <When key="from" at={c.notBefore} />],
        [w.validUntil, <When key="until" at={c.notAfter} />],
        [w.key, text?.key],
        [w.names, text?.names.join(', ')],
        [w.signedBy, <Link key="signer" to="/certificates/authority">{signer?.subject ?? c.authority.slice(0, 12)}</Link>],
        [w.serial, <Copied key="serial" text={c.serial} what={w.serial} />],
        [w.fingerprint, <Copied key="fingerprint" text={c.fingerprint} what={w.fingerprint} />],
      ]}
    />
  );
}

function Acts({ of: c }: { of: Whole }) {
  const w = useWords(words);
  const [doing, setDoing] = useState<'renew' | 'revoke'>();
  const close = () => setDoing(undefined);
  if (c.state === 'revoked') {
    return null;
  }
  return (
    <>
      <Button variant="default" onClick={() => setDoing('renew')}>
        {w.renew}
      </Button>
      <Button variant="default" color="red.8" onClick={() => setDoing('revoke')}>
        {w.revoke}
      </Button>
      {doing === 'renew' && <Renew of={c} close={close} />}
      {doing === 'revoke' && <RevokeCertificate of={c} close={close} />}
    </>
  );
}
