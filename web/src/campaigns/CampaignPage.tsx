import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEvents } from '../live/useEvents';
import { Ago } from '../parts/Ago';
import { Facts } from '../parts/Facts';
import { Rows } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Say } from '../parts/Say';
import { Tag } from '../parts/Tag';
import { When } from '../parts/When';
import { useMay } from '../people/session';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import { CampaignActs } from './CampaignActs';
import { CampaignDevices } from './CampaignDevices';
import { Progress, Steps } from './Progress';
import { campaignQuery, renewCampaigns } from './queries';
import { goesOn, spoken, stateTones } from './steps';
import { Whom } from './Whom';
import { words } from './words';

const route = getRouteApi('/shell/certificates/campaigns/$id');

// CampaignPage shows how far a campaign is, as it goes on.
export function CampaignPage() {
  const w = useWords(words);
  const said = useSaid();
  const language = useLanguage();
  const { id } = route.useParams();
  const may = useMay('operator');
  const { data: c, error, refetch } = useQuery(campaignQuery(id));
  useEvents({ kind: ['campaigns'] }, { hear: renewCampaigns, missed: renewCampaigns });
  return (
    <Page
      title={w.campaign}
      back={{ to: '/certificates/campaigns', label: w.title }}
      about={c && <Whom of={c.devices} />}
      act={c && may && goesOn(c) && <CampaignActs campaign={c} />}
    >
      <Refused error={error} again={() => void refetch()} />
      {!error && !c && <Rows />}
      {c && (
        <>
          <Panel title={w.progress} act={<Tag tone={stateTones[c.state]}>{w[`state${c.state}`]}</Tag>}>
            {c.detail && c.state === 'paused' && <p role="status"><Say of={said.free(c.detail)} /></p>}
            <Progress of={c} />
            <Steps of={c} />
          </Panel>
          <Panel title={w.pace}>
            <Facts
              all={[
                [w.devices, c.progress.selected.toLocaleString(language)],
                [w.wave, c.wave.toLocaleString(language)],
                [w.waves, c.waves > 0 && c.waves.toLocaleString(language)],
                [w.pause, spoken(c.pause)],
                [w.nextWave, c.state === 'running' && c.nextWaveAt && <Ago at={c.nextWaveAt} />],
                [w.overdueAfter, spoken(c.overdueAfter)],
                [w.errorPercent, `${c.errorPercent} %`],
                [w.begun, c.createdAt && <When at={c.createdAt} />],
                [w.by, c.by],
                [w.finished, c.finishedAt && <When at={c.finishedAt} />],
              ]}
            />
          </Panel>
          <CampaignDevices id={id} />
        </>
      )}
    </Page>
  );
}
