// The main job, with the types that openapi-typescript generates: node main_job.js BASE AGENT MANAGER.
import createClient from "openapi-fetch";
import type { paths as Analytics } from "./analytics.js";
import type { paths as Intake } from "./intake.js";
import type { paths as Routing } from "./routing.js";

const [baseUrl, agent, manager] = process.argv.slice(2);
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const intake = createClient<Intake>({ baseUrl });
const routing = createClient<Routing>({ baseUrl, ...bearer(agent) });
const analytics = createClient<Analytics>({ baseUrl, ...bearer(manager) });

function must<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const receipt = must(await intake.POST("/v1/feedback", {
  params: { header: { "idempotency-key": crypto.randomUUID() } },
  body: {
    channel: "web",
    kind: "complaint",
    service: "passports",
    text: "Three weeks and no answer.",
    ratings: [{ measure: "csat", value: 2 }],
  },
}));
const { error: refused } = await intake.POST("/v1/feedback", { body: { channel: "web" } });

const found = must(await routing.GET("/v1/cases", { params: { query: { feedback_id: receipt.id, wait: 10 } } }));
const path = { case_id: found.items[0].id };
must(await routing.POST("/v1/cases/{case_id}/acknowledge", { params: { path }, body: {} }));
const answered = must(await routing.POST("/v1/cases/{case_id}/reply", {
  params: { path },
  body: { text: "Your passport leaves tomorrow.", outcome: "upheld", recourse: "You can write to the ombudsman." },
}));

const person = { headers: { "Tracking-Code": receipt.tracking_code } };
let tracking = must(await intake.GET("/v1/tracking", person));
for (let tries = 0; tracking.status !== "answered" && tries < 100; tries++) {
  await new Promise((done) => setTimeout(done, 100));
  tracking = must(await intake.GET("/v1/tracking", person));
}
must(await intake.POST("/v1/tracking/evaluation", { ...person, body: { solved: "yes" } }));

const { figures } = must(await analytics.GET("/v1/kpis", { params: { query: { names: "volume,csat" } } }));
console.log(JSON.stringify({
  reference: receipt.reference,
  problem: refused?.type,
  state: answered.state,
  status: tracking.status,
  said: (tracking.conversation ?? []).map((entry) => ("text" in entry ? entry.text : null)),
  figures: Object.fromEntries(figures.map((figure) => [figure.name, figure.n])),
}));
