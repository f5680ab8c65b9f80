import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@mantine/core/styles.css';
import './app/look.css';
import { queries } from './api/client';
import { nonce } from './app/nonce';
import { router } from './app/router';
import { theme, variables } from './app/theme';
import { onSignedOut } from './people/session';
import { prepare } from './words/said';
import { begin } from './words/words';

begin();
prepare();
onSignedOut(() => void router.navigate({ to: '/sign-in', search: { to: router.state.location.href } }));

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={nonce}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
