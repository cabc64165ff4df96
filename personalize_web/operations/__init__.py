"""The one front door: the 79 operations of the service models, then our own.

Every function takes the caller first and keyword arguments named as the input members in snake case; it answers a
dictionary shaped as the output of the service model, or raises a :class:`ServiceError`.
"""

from personalize_web.engine import environment
from personalize_web.operations.action_recommendations import get_action_recommendations
from personalize_web.operations.attribution_details import describe_attribution_choices, get_attribution_series
from personalize_web.operations.audit_records import list_audit_records
from personalize_web.operations.batch_details import describe_batch_choices, list_batch_job_details
from personalize_web.operations.batch_inference_jobs import (
    create_batch_inference_job,
    describe_batch_inference_job,
    describe_batch_inference_job_details,
    list_batch_inference_jobs,
)
from personalize_web.operations.batch_input_checks import check_batch_input
from personalize_web.operations.batch_inputs import create_batch_input
from personalize_web.operations.batch_segment_jobs import (
    create_batch_segment_job,
    describe_batch_segment_job,
    describe_batch_segment_job_details,
    list_batch_segment_jobs,
)
from personalize_web.operations.caller import ADMINISTRATOR, ANALYST, VIEWER, Caller
from personalize_web.operations.campaigns import (
    create_campaign,
    delete_campaign,
    describe_campaign,
    list_campaigns,
    update_campaign,
)
from personalize_web.operations.create_records import create_records, record_template
from personalize_web.operations.data_checks import create_data_check, describe_data_check, list_data_checks
from personalize_web.operations.data_deletion_jobs import (
    create_data_deletion_job,
    create_data_deletion_job_from_ids,
    describe_data_deletion_job,
    describe_data_deletion_job_details,
    list_data_deletion_jobs,
    preview_data_deletion,
)
from personalize_web.operations.data_preparations import (
    create_data_preparation,
    describe_data_preparation,
    list_data_preparations,
    report_data_preparation,
    rerun_data_preparation,
)
from personalize_web.operations.dataset_details import list_dataset_details, list_dataset_rows
from personalize_web.operations.dataset_export_jobs import (
    create_dataset_export_job,
    describe_dataset_export_job,
    describe_dataset_export_job_details,
    list_dataset_export_jobs,
)
from personalize_web.operations.dataset_groups import (
    create_dataset_group,
    delete_dataset_group,
    describe_dataset_group,
    list_dataset_group_details,
    list_dataset_groups,
)
from personalize_web.operations.dataset_import_jobs import (
    create_dataset_import_job,
    describe_dataset_import_job,
    describe_dataset_import_job_details,
    list_dataset_import_jobs,
)
from personalize_web.operations.datasets import (
    check_replacement,
    create_dataset,
    delete_dataset,
    describe_dataset,
    list_datasets,
    list_replacement_schemas,
    update_dataset,
)
from personalize_web.operations.deployment_details import (
    describe_campaign_details,
    describe_recommender_details,
    list_campaign_details,
    list_recommender_details,
)
from personalize_web.operations.downloads import download_stored_object, download_stored_objects
from personalize_web.operations.errors import ServiceError
from personalize_web.operations.evaluations import (
    compare_solution_versions,
    get_recommender_evaluation,
    get_solution_version_evaluation,
    list_comparable_solution_versions,
)
from personalize_web.operations.event_trackers import (
    create_event_tracker,
    delete_event_tracker,
    describe_event_tracker,
    list_event_trackers,
)
from personalize_web.operations.events import put_action_interactions, put_events
from personalize_web.operations.experiments import (
    create_experiment,
    delete_experiment,
    describe_experiment,
    get_experiment_results,
    list_experiments,
    plan_experiment,
    start_experiment,
    stop_experiment,
)
from personalize_web.operations.explanations import explain_recommendation
from personalize_web.operations.filter_trials import try_filter
from personalize_web.operations.filters import (
    check_filter_expression,
    create_filter,
    delete_filter,
    describe_filter,
    list_filters,
)
from personalize_web.operations.group_deletion import delete_everything, describe_deletion_plan
from personalize_web.operations.histories import (
    describe_actions,
    describe_items,
    get_user_history,
    search_items,
    suggest_items,
    suggest_users,
)
from personalize_web.operations.import_preflight import preflight_import
from personalize_web.operations.ingestion import describe_ingestion, list_rejected_records
from personalize_web.operations.insights import (
    create_data_insights_job,
    describe_data_insights_job,
    get_data_insights,
    list_data_insights_jobs,
)
from personalize_web.operations.jobs import describe_job, get_job_log, list_jobs
from personalize_web.operations.metric_attributions import (
    create_metric_attribution,
    delete_metric_attribution,
    describe_metric_attribution,
    list_metric_attribution_metrics,
    list_metric_attributions,
    update_metric_attribution,
)
from personalize_web.operations.newest_events import list_newest_events
from personalize_web.operations.overview import describe_readiness, list_dataset_group_counts
from personalize_web.operations.quota_details import list_quotas
from personalize_web.operations.recipe_details import describe_recipe_details, list_recipe_details
from personalize_web.operations.recipes import (
    describe_algorithm,
    describe_feature_transformation,
    describe_recipe,
    list_recipes,
)
from personalize_web.operations.recommendations import (
    get_personalized_ranking,
    get_recommendations,
    try_recommendations,
)
from personalize_web.operations.recommenders import (
    create_recommender,
    delete_recommender,
    describe_recommender,
    list_recommenders,
    start_recommender,
    stop_recommender,
    update_recommender,
)
from personalize_web.operations.records import put_actions, put_items, put_users
from personalize_web.operations.sample import write_sample_data
from personalize_web.operations.schema_inference import infer_schema
from personalize_web.operations.schemas import (
    check_schema,
    create_schema,
    delete_schema,
    describe_schema,
    get_schema_template,
    list_schema_details,
    list_schemas,
)
from personalize_web.operations.search import search_resources
from personalize_web.operations.solution_details import (
    describe_solution_version_details,
    list_solution_details,
    list_solution_version_details,
)
from personalize_web.operations.solution_versions import (
    create_solution_version,
    describe_solution_version,
    get_solution_metrics,
    list_solution_versions,
    stop_solution_version_creation,
)
from personalize_web.operations.solutions import (
    create_solution,
    delete_solution,
    describe_solution,
    list_solutions,
    update_solution,
)
from personalize_web.operations.storage import (
    append_upload,
    begin_upload,
    cancel_upload,
    delete_stored_object,
    describe_upload,
    finish_upload,
    list_stored_objects,
    preview_stored_object,
)
from personalize_web.operations.tag_search import list_tagged_resources
from personalize_web.operations.tagging import list_tags_for_resource, tag_resource, untag_resource
from personalize_web.operations.timetable import (
    count_new_events,
    list_due_trainings,
    retrain_recommender,
    store_new_events,
)
from personalize_web.resources import statuses

__all__ = [  # noqa: RUF022
    "ADMINISTRATOR",
    "ANALYST",
    "VIEWER",
    "Caller",
    "ServiceError",
    "environment",
    "statuses",
    # the control plane, in the order of the service model
    "create_batch_inference_job",
    "create_batch_segment_job",
    "create_campaign",
    "create_data_deletion_job",
    "create_dataset",
    "create_dataset_export_job",
    "create_dataset_group",
    "create_dataset_import_job",
    "create_event_tracker",
    "create_filter",
    "create_metric_attribution",
    "create_recommender",
    "create_schema",
    "create_solution",
    "create_solution_version",
    "delete_campaign",
    "delete_dataset",
    "delete_dataset_group",
    "delete_event_tracker",
    "delete_filter",
    "delete_metric_attribution",
    "delete_recommender",
    "delete_schema",
    "delete_solution",
    "describe_algorithm",
    "describe_batch_inference_job",
    "describe_batch_segment_job",
    "describe_campaign",
    "describe_data_deletion_job",
    "describe_dataset",
    "describe_dataset_export_job",
    "describe_dataset_group",
    "describe_dataset_import_job",
    "describe_event_tracker",
    "describe_feature_transformation",
    "describe_filter",
    "describe_metric_attribution",
    "describe_recipe",
    "describe_recommender",
    "describe_schema",
    "describe_solution",
    "describe_solution_version",
    "get_solution_metrics",
    "list_batch_inference_jobs",
    "list_batch_segment_jobs",
    "list_campaigns",
    "list_data_deletion_jobs",
    "list_dataset_export_jobs",
    "list_dataset_groups",
    "list_dataset_import_jobs",
    "list_datasets",
    "list_event_trackers",
    "list_filters",
    "list_metric_attribution_metrics",
    "list_metric_attributions",
    "list_recipes",
    "list_recommenders",
    "list_schemas",
    "list_solution_versions",
    "list_solutions",
    "list_tags_for_resource",
    "start_recommender",
    "stop_recommender",
    "stop_solution_version_creation",
    "tag_resource",
    "untag_resource",
    "update_campaign",
    "update_dataset",
    "update_metric_attribution",
    "update_recommender",
    "update_solution",
    # events, in the order of the service model
    "put_action_interactions",
    "put_actions",
    "put_events",
    "put_items",
    "put_users",
    # the runtime, in the order of the service model
    "get_action_recommendations",
    "get_personalized_ranking",
    "get_recommendations",
    # ours, for the console; none is on the wire
    "describe_attribution_choices",  # for the builder of metrics: event types, columns, and what stands in the way
    "get_attribution_series",  # for a metric attribution's charts: its metrics by source and time
    "list_audit_records",  # for the audit log: records, newest first; all to administrators, to others their own
    "list_dataset_details",  # for a group's pages: its datasets with counts, schema and latest import
    "list_dataset_rows",  # for a dataset's page: some of its rows, as they are stored
    "describe_dataset_import_job_details",  # for its page: how much was read, and each bad row
    "describe_campaign_details",  # for a campaign's page and its test panel
    "describe_recommender_details",  # for a recommender's page and its test panel
    "list_campaign_details",  # for a group's campaigns: what each serves, and its latest update
    "list_recommender_details",  # for a group's recommenders: use case, metrics, last training and latest update
    "describe_actions",  # for the page to try recommendations: titles and columns of actions, by id
    "describe_items",  # for the page to try recommendations: titles and columns of items, by id
    "get_user_history",  # for the page to try recommendations: what a user did, the newest first
    "search_items",  # for the page to try recommendations: items by a part of their title
    "suggest_items",  # likewise: items to rank
    "suggest_users",  # for the page to try recommendations: users to draw from
    "preflight_import",  # for the import form
    "list_newest_events",  # for the event tracker page: what arrives, as it arrives
    "list_batch_job_details",  # for their lists: jobs with their version and how many lines have an error
    "describe_batch_choices",  # for their forms: versions, filters and columns to choose among
    "create_batch_input",  # likewise: an input file of the group's own users or items
    "check_batch_input",  # likewise: what a job would say to the first lines of its input
    "describe_batch_inference_job_details",  # for its page: what was written, and how many lines have an error
    "describe_batch_segment_job_details",  # likewise
    "create_data_check",  # for the import form: begin a dry run over files
    "describe_data_check",  # for the report's page: a dry run, and all it found
    "list_data_checks",  # for a group's pages: its dry runs, newest first
    "infer_schema",  # for the schema editor and the preparation: what each column of a file seems to be
    "report_data_preparation",  # for the preparation: the quality of the first rows, and what fixes would leave
    "create_data_preparation",  # for the preparation: begin to write the prepared file, or to report on all rows
    "rerun_data_preparation",  # for the next file: the same recipe again
    "describe_data_preparation",  # for a preparation's page
    "list_data_preparations",  # for a group's pages: its preparations, newest first
    "create_data_insights_job",  # for the data analysis page
    "describe_data_insights_job",  # for the data analysis page: one analysis
    "get_data_insights",  # for the data analysis page: insights, statistics and charts as numbers
    "list_data_insights_jobs",  # for the data analysis page: the analyses of a group, newest first
    "describe_job",  # for progress: the newest job of a resource, or None
    "get_job_log",  # for the live log: the lines of a resource's newest job that come after the line with id after
    "list_jobs",  # for the activity page: the newest jobs of a group or of the account, in the given states or in any
    "describe_readiness",  # for the overview
    "list_dataset_group_details",  # for the list page: each with its datasets' types and its recommenders
    "list_dataset_group_counts",  # for the navigation: how many resources of each kind a group has
    "list_quotas",  # for the quotas page: each with its limit and use
    "describe_recipe_details",  # for a recipe's page and the forms that follow from it
    "list_recipe_details",  # for choosing: the recipes of solutions, or with domain its use cases
    "create_experiment",  # experiments: variants compared on the users of one campaign or recommender
    "delete_experiment",
    "describe_experiment",
    "get_experiment_results",
    "list_experiments",
    "plan_experiment",
    "start_experiment",
    "stop_experiment",
    "try_filter",  # for a filter's page: what it would remove
    "explain_recommendation",  # for the page to try recommendations: what moved an item to its place
    "try_recommendations",  # for the page to try recommendations: the runtime's answer, and how it went
    "write_sample_data",  # for the first start: the files of the sample
    "check_schema",  # for the editor: errors and warnings with their places and fixes
    "get_schema_template",  # for the editor: the text a new schema begins with
    "list_schema_details",  # for choosing a schema: each with its dataset type and how many datasets use it
    "describe_dataset_export_job_details",  # for its page: where the files lie and how much was written
    "list_replacement_schemas",  # for the console: schemas that may take the place of a dataset's
    "check_replacement",  # for the editor: what a schema would change in a dataset's columns
    "describe_data_deletion_job_details",  # for its page: who was named and found, and what was removed
    "create_data_deletion_job_from_ids",  # for the console: the same from a list of ids
    "preview_data_deletion",  # for the console: what a data deletion job would find
    "describe_deletion_plan",  # for the console: what deleting everything in a group would delete, in order
    "delete_everything",  # for the console: the steps of that plan, as one job
    "search_resources",  # for the search box: resources whose name contains text, or whose ARN it is
    "describe_solution_version_details",  # for a version's page
    "list_solution_details",  # for a group's solutions
    "list_solution_version_details",  # for a solution's page
    "get_solution_version_evaluation",  # for a version's page and programs: means by cohort, with intervals
    "get_recommender_evaluation",  # the same of a recommender's model
    "list_comparable_solution_versions",  # for choosing what to compare: a group's measured versions
    "compare_solution_versions",  # for the page of comparison: evaluations, and differences from the first
    "append_upload",  # for uploads: take the next chunk
    "begin_upload",  # for uploads: make ready to receive a file
    "cancel_upload",  # for uploads: forget what was received
    "download_stored_object",  # for the storage page and exports: a whole file
    "download_stored_objects",  # for exports: several files as one archive
    "check_filter_expression",  # for the filter editor: what is wrong with an expression, and where
    "list_tagged_resources",  # for lists filtered by tag:Key=Value
    "delete_stored_object",  # for the storage page: remove a file or a folder
    "describe_upload",  # for uploads: where an interrupted one goes on
    "finish_upload",  # for uploads: put the received file in its place
    "list_stored_objects",  # for the storage page: what lies in a folder; without one, the buckets
    "preview_stored_object",  # for the storage page: the first lines of a file
    "create_records",  # for a dataset's page: records written by hand
    "record_template",  # for the same form: columns, and what each takes
    "describe_ingestion",  # for the page of rejected records: what Put calls brought in the last day
    "list_rejected_records",  # for the page of rejected records: the newest, with their reasons
    "list_due_trainings",  # for the clock: trainings that are due
    "retrain_recommender",  # for the clock: a recommender's weekly training
    "store_new_events",  # for the clock: recorded events into columns
    "count_new_events",  # for the clock: recorded events into the series of metric attributions
]
