import { ActionIcon, Button } from '@mantine/core';
import { useState } from 'react';
import { useWords } from '../words/words';
import { CopyIcon, TickIcon } from './icons';
import { words } from './words';

interface Props {
  text: string;
  label?: string;
  what?: string;
  onCopied?: (() => void) | undefined;
}

// CopyButton copies a text. Without a label it is an icon, and what it copies is named for those who do not see it.
export function CopyButton({ text, label, what, onCopied }: Props) {
  const w = useWords(words);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (await put(text)) {
      setCopied(true);
      setTimeout(() => setCopied(false), 1_600);
      onCopied?.();
    }
  };
  const icon = copied ? <TickIcon size={16} /> : <CopyIcon size={16} />;
  if (label) {
    return (
      <Button variant="default" leftSection={icon} onClick={copy}>
        {copied ? w.copied : label}
      </Button>
    );
  }
  const name = copied ? w.copied : `${w.copy}${what ? ` ${what}` : ''}`;
  return (
    <ActionIcon variant="subtle" color={copied ? 'pine' : 'gray'} onClick={copy} aria-label={name} title={name}>
      {icon}
    </ActionIcon>
  );
}

// put writes to the clipboard, also where a page without TLS has no interface for that, and returns whether it could.
async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return putSelected(text);
  }
}

function putSelected(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  const host = document.querySelector('[role="dialog"]') ?? document.body;
  host.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
