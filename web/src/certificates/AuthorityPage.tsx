import { useQuery } from '@tanstack/react-query';
import { CopyButton } from '../parts/CopyButton';
import { Copied } from '../parts/Copied';
import { Download } from '../parts/Download';
import { Facts } from '../parts/Facts';
import { Rows } from '../parts/Loading';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Tag, type Tone } from '../parts/Tag';
import { When } from '../parts/When';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { AuthorityActs } from './AuthorityActs';
import { Certificates } from './Certificates';
import styles from './AuthorityPage.module.css';
import { bundleQuery, signersQuery, type Signer } from './queries';
import { words } from './words';
import { certificatesIn } from './x509';

const tones: Record<Signer['role'], Tone> = { intermediate: 'good', root: 'good', next: 'care', former: 'quiet', retired: 'quiet' };
const order: Signer['role'][] = ['intermediate', 'root', 'next', 'former', 'retired'];

// AuthorityPage shows the keys of the built-in authority, and what others who trust it need.
export function AuthorityPage() {
  const w = useWords(words);
  const may = useMay('admin');
  const { data, error, refetch } = useQuery(signersQuery);
  const signers = data?.items.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  const waits = signers?.some((s) => s.role === 'next') ?? false;
  return (
    <Certificates act={signers && may && <AuthorityActs waits={waits} />}>
      <Refused error={error} again={() => void refetch()} />
      {!error && !signers && <Rows />}
      {waits && (
        <p className={styles.notice} role="status">
          {w.rootWaits}
        </p>
      )}
      {signers?.[0] && <ForOthers ocsp={reached(signers[0].ocsp)} />}
      {signers?.map((s) => <SignerPanel key={s.id + s.serial} signer={s} />)}
    </Certificates>
  );
}

// reached returns where something is: below the address that the server knows of itself, else below the one that the browser has reached.
function reached(where: string): string {
  return new URL(where, window.location.origin).href;
}

function ForOthers({ ocsp }: { ocsp: string }) {
  const w = useWords(words);
  const { data } = useQuery(bundleQuery);
  return (
    <Panel title={w.forOthers} act={data && <Download name="muster-authority.pem" text={data.pem} label={w.bundle} />}>
      <p className={styles.text}>{w.forOthersText}</p>
      <Facts all={[[w.ocsp, <Copied key="ocsp" text={ocsp} what={w.ocsp} />]]} />
    </Panel>
  );
}

function SignerPanel({ signer: s }: { signer: Signer }) {
  const w = useWords(words);
  const [read] = certificatesIn(s.pem);
  const crl = reached(s.crl);
  return (
    <Panel title={s.subject} act={<Tag tone={tones[s.role]}>{w[`role${s.role}`]}</Tag>}>
      <Facts
        all={[
          [w.key, [read?.key, w[`key${s.key}`]].filter(Boolean).join(', ')],
          [w.validFrom, <When key="from" at={s.notBefore} />],
          [w.validUntil, <When key="until" at={s.notAfter} />],
          [w.serial, <Copied key="serial" text={s.serial} what={w.serial} />],
          [w.fingerprint, <Copied key="fingerprint" text={s.fingerprint} what={w.fingerprint} />],
          [w.crl, <Copied key="crl" text={crl} what={w.crl} />],
          [
            w.certificate,
            <span key="pem" className={styles.pem}>
              PEM <CopyButton text={s.pem} what={w.certificate} />
            </span>,
          ],
        ]}
      />
    </Panel>
  );
}
