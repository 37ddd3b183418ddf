/** What a program that was written for PromptRails calls in JavaScript: enough for their examples. */

type Approvals = { readonly data: readonly { readonly checkpoint_name: string; readonly created_at: string }[] };

export const createPromptRails = ({ apiKey, baseUrl }: { readonly apiKey: string; readonly baseUrl: string }) => ({
  approvals: {
    list: async (query: Record<string, string>): Promise<Approvals> => {
      const response = await fetch(`${baseUrl}/api/v1/approvals?${new URLSearchParams(query).toString()}`, {
        headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json' },
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as Approvals;
    },
  },
});
